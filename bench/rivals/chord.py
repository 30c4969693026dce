"""The system before, as the redesign describes it: a Celery chord of comparison tasks, each with the
whole list of images in its message, and a finalizer that waits for all of them.

Worker:  celery -A chord worker        Client: chord.py IMAGES LIMIT_SECONDS -> JSON
CHORD_REDIS names the Redis that is broker and result backend.
"""

import json
import os
import random
import sys
import time

from celery import Celery, chord

BLOCK = 250
PAIRS_A_TASK = 50
RADIUS = 20

redis = os.environ["CHORD_REDIS"]
app = Celery("chord", broker=redis, backend=redis)
app.conf.update(task_serializer="json", result_serializer="json", accept_content=["json"], task_acks_late=True)


@app.task
def compare(images, pairs):
    """The similar pairs among some block pairs of `images`, a list of [id, hash in hexadecimal]."""
    hashes = [int(image[1], 16) for image in images]
    found = []
    for i, j in pairs:
        rows = range(i * BLOCK, min((i + 1) * BLOCK, len(hashes)))
        columns = range(j * BLOCK, min((j + 1) * BLOCK, len(hashes)))
        for row in rows:
            hash_of_row = hashes[row]
            for column in columns:
                if column > row and (hash_of_row ^ hashes[column]).bit_count() <= RADIUS:
                    found.append([row, column])
    return found


@app.task
def finalize(results):
    """Union-find over all results, as the old finalizer did: the number of groups."""
    parent = {}

    def find(node):
        while parent.setdefault(node, node) != node:
            node = parent[node]
        return node

    for found in results:
        for row, column in found:
            parent[find(row)] = find(column)
    return len({find(node) for node in parent})


def client(images, limit):
    made = random.Random(images)
    catalog = [[f"img-{number:08}", f"{made.getrandbits(256):064x}"] for number in range(images)]
    blocks = -(-images // BLOCK)
    pairs = [(i, j) for j in range(blocks) for i in range(j + 1)]
    tasks = [pairs[at : at + PAIRS_A_TASK] for at in range(0, len(pairs), PAIRS_A_TASK)]
    started = time.perf_counter()
    outcome = "finalized"
    try:
        chord([compare.s(catalog, task) for task in tasks])(finalize.s()).get(timeout=limit)
    except Exception as error:  # whatever it fails with is the result
        outcome = f"{type(error).__name__}: {error}"[:120]
    return {"tasks": len(tasks), "seconds": time.perf_counter() - started, "outcome": outcome}


if __name__ == "__main__":
    print(json.dumps(client(int(sys.argv[1]), float(sys.argv[2]))))
