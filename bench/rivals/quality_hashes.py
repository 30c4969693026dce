"""Perceptual hashes of a folder's files, and every pair within a limit: quality_hashes.py FOLDER METHOD LIMIT PAIRS < NAMES -> JSON.

NAMES are file names, one a line; PAIRS is a file for triples of 32-bit integers: two line numbers and the distance. METHOD: phash, dhash, ahash, whash
(imagededup), pdq or pdq8 (pdqhash; pdq8: the nearest of the second picture's eight turns). A file that a method can't
read has no pairs. imagededup also imports neural networks; where torch is not installed, empty modules stand in for those
two files.
"""

import importlib.metadata
import importlib.util
import json
import multiprocessing
import sys
import time
import types

import numpy
from PIL import Image

FOLDER, METHOD, LIMIT, PAIRS = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
PACKAGE = "pdqhash" if METHOD.startswith("pdq") else "imagededup"


def hasher_of(method):
    if importlib.util.find_spec("torch") is None:
        for name, attribute in (("imagededup.methods.cnn", "CNN"), ("imagededup.utils.models", "CustomModel")):
            sys.modules[name] = types.ModuleType(name)
            setattr(sys.modules[name], attribute, None)
    from imagededup import methods

    names = {"phash": "PHash", "dhash": "DHash", "ahash": "AHash", "whash": "WHash"}
    return getattr(methods, names[method])(verbose=False)


HASHER = None if PACKAGE == "pdqhash" else hasher_of(METHOD)


def hashed(name):
    """The hash of a file, or for pdq8 those of its eight turns, each a row of bits; None where it can't be read."""
    path = f"{FOLDER}/{name}"
    try:
        if HASHER is not None:
            text = HASHER.encode_image(image_file=path)
            return None if text is None else numpy.unpackbits(numpy.frombuffer(bytes.fromhex(text), dtype=numpy.uint8))[None]
        import pdqhash

        image = numpy.asarray(Image.open(path).convert("RGB"))
        if METHOD == "pdq":
            return numpy.asarray(pdqhash.compute(image)[0], dtype=numpy.uint8)[None]
        return numpy.asarray(pdqhash.compute_dihedral(image)[0], dtype=numpy.uint8)
    except Exception as error:  # a format that it does not know
        print(f"{name}: {error}", file=sys.stderr)
        return None


def pairs_of(plain, turned):
    """Every pair of rows within the limit, by the nearest turn of the second one."""
    count = len(plain)
    for start in range(0, count, 1_000):
        rows = plain[start : start + 1_000].astype(numpy.float32)
        nearest = None
        for turn in range(turned.shape[1]):
            columns = turned[:, turn].astype(numpy.float32)
            distance = rows.sum(1)[:, None] + columns.sum(1)[None] - 2 * rows @ columns.T
            nearest = distance if nearest is None else numpy.minimum(nearest, distance)
        first, second = numpy.where(nearest <= LIMIT)
        later = second > first + start
        yield numpy.stack([first[later] + start, second[later], nearest[first[later], second[later]]], 1)


if __name__ == "__main__":
    multiprocessing.set_start_method("fork", force=True)
    names = sys.stdin.read().splitlines()
    started = time.perf_counter()
    with multiprocessing.Pool() as pool:
        hashes = pool.map(hashed, names, chunksize=16)
    known = numpy.array([index for index, one in enumerate(hashes) if one is not None])
    turned = numpy.stack([hashes[index] for index in known])
    found = numpy.concatenate(list(pairs_of(turned[:, 0], turned))).astype(numpy.uint32)
    numpy.stack([known[found[:, 0]], known[found[:, 1]], found[:, 2]], 1).astype("<u4").tofile(PAIRS)
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "version": f"{PACKAGE} {importlib.metadata.version(PACKAGE)}"}))
