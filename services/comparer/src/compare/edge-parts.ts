import { MessageChannel, type MessagePort } from "node:worker_threads";
import { EdgeList, type Edges, edgeCount, encodeEdges } from "@lookalike/shared/domain/grouping/edges";
import { INLINE_RESULT_BYTES, partDigest } from "@lookalike/shared/domain/job/digest";

/** Edges of a part: one or two megabytes encoded. */
const EDGES_PER_PART = 262_144;
/** Parts that are not stored yet before the worker waits. */
const PARTS_AHEAD = 2;

/** A part of a task's edges, encoded: one row of `compare_result`. */
export interface EdgePart {
  readonly part: number;
  readonly edges: Uint8Array;
  readonly edgeCount: number;
  readonly digest: string;
}

/** What a worker sends its parts to. */
export interface PartsPort {
  readonly port: MessagePort;
  /** Parts stored so far, in memory shared with the worker: the worker waits on it, so that edges never pile up. */
  readonly stored: Int32Array;
}

/** What a worker found: the edges themselves where they are few, else the digests of the stored parts. */
export interface FoundEdges {
  readonly inline: EdgePart | null;
  readonly digests: readonly string[];
  readonly edgeCount: number;
}

/** In the worker: cuts edges into parts as they are found. The same edges in the same order give the same parts. */
export class EdgeParts {
  readonly #to: PartsPort;
  readonly #digests: string[] = [];
  #unsent = new EdgeList();
  #count = 0;

  constructor(to: PartsPort) {
    this.#to = to;
  }

  readonly add = (edges: Edges): void => {
    this.#unsent.addAll(edges);
    if (edgeCount(this.#unsent.edges) >= EDGES_PER_PART) this.#send(this.#cutPart());
  };

  /** Adds edges that are in order, however many. */
  addInParts({ a, b, distance }: Edges): void {
    for (let from = 0; from < a.length; from += EDGES_PER_PART) {
      const to = from + EDGES_PER_PART;
      this.add({ a: a.subarray(from, to), b: b.subarray(from, to), distance: distance.subarray(from, to) });
    }
  }

  /** Sends the last part, unless its edges are few enough for the event, and waits until all parts are stored. */
  finish(): FoundEdges {
    const last = this.#cutPart();
    const inline = last.part === 0 && last.edges.byteLength <= INLINE_RESULT_BYTES ? last : null;
    if (inline === null && last.edgeCount > 0) this.#send(last);
    this.#waitForAllBut(0);
    return { inline, digests: this.#digests, edgeCount: this.#count };
  }

  #cutPart(): EdgePart {
    const found = this.#unsent.edges;
    const edges = encodeEdges(found);
    const part = { part: this.#digests.length, edges, edgeCount: edgeCount(found), digest: partDigest(edges) };
    this.#count += part.edgeCount;
    this.#unsent = new EdgeList();
    return part;
  }

  #send(part: EdgePart): void {
    this.#digests.push(part.digest);
    this.#to.port.postMessage(part);
    this.#waitForAllBut(PARTS_AHEAD);
  }

  #waitForAllBut(ahead: number): void {
    const { stored } = this.#to;
    for (;;) {
      const count = Atomics.load(stored, 0);
      if (this.#digests.length - count <= ahead) return;
      Atomics.wait(stored, 0, count);
    }
  }
}

/**
 * Runs `work` in a worker, which receives a port for its parts, and stores the parts one after the other as they
 * arrive. @throws what `store` threw, after the worker has ended
 */
export const storeParts = async <Answer>(
  work: (parts: PartsPort) => Promise<Answer>,
  store: (part: EdgePart) => Promise<void>,
): Promise<Answer> => {
  const { port1, port2 } = new MessageChannel();
  const stored = new Int32Array(new SharedArrayBuffer(4));
  const failures: unknown[] = [];
  let storing = Promise.resolve();
  port1.on("message", (part: EdgePart) => {
    storing = storing
      .then(() => (failures.length === 0 ? store(part) : undefined))
      .catch((error: unknown) => void failures.push(error))
      // Parts that could not be stored count, too: the worker must not wait for ever.
      .then(() => {
        Atomics.add(stored, 0, 1);
        Atomics.notify(stored, 0);
      });
  });
  try {
    const answer = await work({ port: port2, stored });
    await storing;
    if (failures.length > 0) throw failures[0];
    return answer;
  } finally {
    port1.close();
  }
};
