"""Writes what Facebook's PDQ says of drawn pictures: the reference that our DCT hash is tested against.

    VENV/bin/python scripts/pdq-reference.py, where VENV has pdqhash 0.2.8 of PyPI

The pictures are drawn by integers alone (drawBoxes of packages/engine/src/evidence/drawn-luma.fixtures.ts does the same).
"""
import json
from pathlib import Path

import numpy
import pdqhash

SIZES = [(64, 64), (512, 384), (341, 512), (512, 512), (200, 133), (97, 61), (512, 40), (5, 7)]
FIXTURE = Path(__file__).parent.parent / "packages/engine/src/evidence/pdq-reference.json"
TURNS = ["none", "rotated270", "rotated180", "rotated90", "flipped", "mirrored", "transposed", "transverse"]


def draw_boxes(seed, width, height):
    """A gradient with 60 boxes of one grey each, as numbers of a linear congruential generator say."""
    state = seed

    def number(below):
        nonlocal state
        state = (state * 1664525 + 1013904223) % 2**32
        return (state >> 8) % below

    y, x = numpy.mgrid[0:height, 0:width]
    luma = (x * 120 // width + y * 100 // height).astype(numpy.uint8)
    for _ in range(60):
        left, top, across, down, grey = number(width), number(height), number(width // 3), number(height // 3), number(256)
        luma[top : top + down + 1, left : left + across + 1] = grey
    return luma


def hex_of(bits):
    return numpy.packbits(bits.astype(bool)).tobytes().hex()


pictures = []
for seed, (width, height) in enumerate(SIZES * 2):
    luma = draw_boxes(seed, width, height)
    rgb = numpy.ascontiguousarray(numpy.repeat(luma[:, :, None], 3, axis=2))
    bits, quality = pdqhash.compute(rgb)
    turned, _ = pdqhash.compute_dihedral(rgb)
    pictures.append(
        {
            "seed": seed,
            "width": width,
            "height": height,
            "quality": quality,
            "hash": hex_of(bits),
            # The reference does not take 64 x 64 pixels as they are when it turns them.
            "turned": {} if width == height == 64 else dict(zip(TURNS, map(hex_of, turned))),
        }
    )
FIXTURE.write_text(json.dumps(pictures, indent=2) + "\n")
