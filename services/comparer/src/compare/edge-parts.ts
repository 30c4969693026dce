import { MessageChannel, type MessagePort } from "node:worker_threads";
import { concatEdges, type Edges, edgeCount, encodeEdges } from "@lookalike/shared/domain/grouping/edges";
import { edgesDigest } from "@lookalike/shared/domain/job/digest";

/** Edges of a part: one or two megabytes encoded. */
const EDGES_PER_PART = 262_144;
/** Parts on their way to the store before the worker waits for it. */
const PARTS_AHEAD = 2;
/** Edges travel inside the event up to this size; more are stored first, and the event names them. */
const INLINE_EDGE_BYTES = 65_536;

/** Some of a task's edges, encoded: what one row of `compare_result` holds. */
export interface EdgePart {
  readonly part: number;
  readonly edges: Uint8Array;
  readonly edgeCount: number;
  readonly digest: string;
}

/** The worker's end of the way to the store. */
export interface PartsPort {
  readonly port: MessagePort;
  /** Parts stored so far, shared with the worker: it waits on it, so that edges never pile up. */
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
  #held: Edges[] = [];
  #heldCount = 0;
  #count = 0;

  constructor(to: PartsPort) {
    this.#to = to;
  }

  readonly add = (edges: Edges): void => {
    this.#held.push(edges);
    this.#heldCount += edgeCount(edges);
    if (this.#heldCount >= EDGES_PER_PART) this.#send(this.#take());
  };

  /** Sends what is held, and waits until all is stored. */
  finish(): FoundEdges {
    const last = this.#take();
    const inline = last.part === 0 && last.edges.byteLength <= INLINE_EDGE_BYTES ? last : null;
    if (inline === null && last.edgeCount > 0) this.#send(last);
    this.#waitForAllBut(0);
    return { inline, digests: this.#digests, edgeCount: this.#count };
  }

  #take(): EdgePart {
    const edges = encodeEdges(concatEdges(this.#held));
    const part = {
      part: this.#digests.length,
      edges,
      edgeCount: this.#heldCount,
      digest: edgesDigest(edges),
    };
    this.#count += this.#heldCount;
    this.#held = [];
    this.#heldCount = 0;
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
      const now = Atomics.load(stored, 0);
      if (this.#digests.length - now <= ahead) return;
      Atomics.wait(stored, 0, now);
    }
  }
}

/**
 * Runs `work` in a worker, which gets a port for its parts, and stores them one after the other as
 * they come. @throws what `store` threw, after the worker has ended
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
      // Counted even when it failed: the worker must not wait for ever.
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
