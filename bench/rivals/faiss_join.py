"""Self-joins of binary hashes with faiss, on one thread: faiss_join.py FILE BITS RADIUS flat|multi -> JSON.

flat: IndexBinaryFlat. multi: IndexBinaryMultiHash in the configurations that are exact by the
pigeonhole principle; the fastest one counts, the time to add the hashes included. A configuration
that takes longer than LIMIT seconds is ended, and counts as that."""

import json
import multiprocessing
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


LIMIT = 60


def join(configuration, answer):
    started = time.perf_counter()
    index = flat() if kind == "flat" else multi(*configuration)
    # range_search finds distances below its radius.
    limits, _, _ = index.range_search(hashes, radius + 1)
    answer.put((time.perf_counter() - started, (int(limits[-1]) - len(hashes)) // 2))


best = None
for configuration in [()] if kind == "flat" else configurations():
    answer = multiprocessing.Queue()
    process = multiprocessing.Process(target=join, args=(configuration, answer))
    process.start()
    process.join(LIMIT)
    ended = process.exitcode is None
    if ended:
        process.kill()
    seconds, pairs = (LIMIT, -1) if ended else answer.get()
    name = " x ".join(map(str, configuration)) + (", ended" if ended else "")
    if best is None or seconds < best["seconds"]:
        best = {"seconds": seconds, "pairs": pairs, "configuration": name}
print(json.dumps(best))
