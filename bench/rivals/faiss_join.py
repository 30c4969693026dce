"""Self-joins of binary hashes with faiss, on one thread: faiss_join.py FILE BITS RADIUS flat|multi -> JSON.

flat: IndexBinaryFlat. multi: IndexBinaryMultiHash in the configurations that are exact by the
pigeonhole principle; the fastest one counts, the time to add the hashes included."""

import json
import sys
import time

import faiss
import numpy

file, bits, radius, kind = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
faiss.omp_set_num_threads(1)
hashes = numpy.fromfile(file, dtype=numpy.uint8).reshape(-1, bits // 8)


def configurations():
    """(bands, bits of a band, flips): a pair within the radius is within the flips in one band."""
    for flips in (0, 1, 2):
        bands = radius // (flips + 1) + 1
        width = bits // bands
        # With two flips a band has some 200 to 400 probes a query: only for narrow hashes.
        if 8 <= width <= 24 and (flips < 2 or bits <= 64):
            yield bands, width, flips


def flat():
    index = faiss.IndexBinaryFlat(bits)
    index.add(hashes)
    return index


def multi(bands, width, flips):
    index = faiss.IndexBinaryMultiHash(bits, bands, width)
    index.nflip = flips
    index.add(hashes)
    return index


best = None
for configuration in [()] if kind == "flat" else configurations():
    started = time.perf_counter()
    index = flat() if kind == "flat" else multi(*configuration)
    # range_search finds distances below its radius.
    limits, _, _ = index.range_search(hashes, radius + 1)
    seconds = time.perf_counter() - started
    pairs = (int(limits[-1]) - len(hashes)) // 2
    if best is None or seconds < best["seconds"]:
        best = {"seconds": seconds, "pairs": pairs, "configuration": " x ".join(map(str, configuration))}
print(json.dumps(best))
