"""dupeGuru's picture mode over a folder's files: quality_dupeguru.py FOLDER LIMIT PAIRS < NAMES -> JSON.

It has no command line, so its own matching is called; run by Debian's Python with Debian's package. NAMES are file names, one a
line; PAIRS is a file for triples of 32-bit integers: two line numbers, and 100 less the percentage that they match.
"""

import json
import os
import pathlib
import sys
import tempfile
import time

import numpy

os.environ["QT_QPA_PLATFORM"] = "offscreen"
sys.path.insert(0, "/usr/share/dupeguru")

if __name__ == "__main__":
    from core import __version__
    from core.pe import matchblock
    from qt.pe.photo import File

    folder, limit, output = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    names = sys.stdin.read().splitlines()
    number = {name: index for index, name in enumerate(names)}
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        pictures = [File(pathlib.Path(folder, name)) for name in names]
        for picture in pictures:
            picture.is_ref = False
        # Sizes may differ, as in the setting "match pictures of different dimensions".
        matches = matchblock.getmatches(pictures, os.path.join(scratch, "cache.db"), 100 - limit, match_scaled=True)
    found = [(number[first.name], number[second.name], 100 - percentage) for first, second, percentage in matches]
    numpy.array(found, dtype="<u4").reshape(-1, 3).tofile(output)
    print(json.dumps({"seconds": time.perf_counter() - started, "version": f"dupeGuru {__version__}"}))
