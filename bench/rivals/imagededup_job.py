"""imagededup's pHash over a folder: imagededup_job.py FOLDER THREADS -> JSON with seconds to hash, and to group.

Its package imports torch for its neural networks, which pHash does not use: where torch is not
installed, an empty module stands in, and imagededup's own code runs unchanged.
"""

import json
import multiprocessing
import sys
import time
import types
from unittest import mock

try:
    import torch  # noqa: F401
except ImportError:
    for name in ("torch", "torch.utils", "torch.utils.data", "torchvision", "torchvision.transforms", "torchvision.models"):
        sys.modules[name] = mock.MagicMock(spec=types.ModuleType, __path__=[])
    sys.modules["torch.utils.data"].Dataset = object
    sys.modules["torch.utils.data"].DataLoader = object

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
