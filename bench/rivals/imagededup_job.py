"""imagededup's pHash over a folder: imagededup_job.py FOLDER THREADS -> JSON with seconds to hash, and to group.

Its package also imports neural networks, and with them torch, which pHash does not use: where torch is
not installed empty modules stand in for those two files, and the rest runs as it is.
"""

import importlib.util
import json
import multiprocessing
import sys
import time
import types

if importlib.util.find_spec("torch") is None:
    for name, attribute in (("imagededup.methods.cnn", "CNN"), ("imagededup.utils.models", "CustomModel")):
        sys.modules[name] = types.ModuleType(name)
        setattr(sys.modules[name], attribute, None)

from imagededup.methods import PHash  # noqa: E402

if __name__ == "__main__":
    folder, threads = sys.argv[1], int(sys.argv[2])
    multiprocessing.set_start_method("fork", force=True)
    hasher = PHash(verbose=False)
    started = time.perf_counter()
    hashes = hasher.encode_images(image_dir=folder, num_enc_workers=threads)
    hashed = time.perf_counter()
    groups = hasher.find_duplicates(encoding_map=hashes, max_distance_threshold=10, num_dist_workers=threads)
    print(
        json.dumps(
            {
                "images": len(hashes),
                "hashing": hashed - started,
                "seconds": time.perf_counter() - started,
                "grouped": sum(1 for others in groups.values() if others),
            }
        )
    )
