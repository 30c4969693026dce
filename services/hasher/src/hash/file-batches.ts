/** Items that are processed together, and what each comes to. */
type RunBatch<Item, Result> = (items: readonly Item[]) => Promise<readonly Result[]>;

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Processes items that are added in one turn of the event loop together, in as many batches as there are idle processes, since a message to a
 * process takes as long as hashing a small file.
 */
export class FileBatches<Item, Result> {
  readonly #run: RunBatch<Item, Result>;
  readonly #processes: number;
  readonly #most: number;
  #waiting: Waiting<Item, Result>[] = [];
  #running = 0;

  /** @param most items of a batch */
  constructor(run: RunBatch<Item, Result>, processes: number, most: number) {
    this.#run = run;
    this.#processes = processes;
    this.#most = most;
  }

  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#start());
      this.#waiting.push({ item, resolve, reject });
    });
  }

  #start(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    const idle = Math.max(1, this.#processes - this.#running);
    const size = Math.min(this.#most, Math.ceil(waiting.length / idle));
    for (let from = 0; from < waiting.length; from += size) void this.#process(waiting.slice(from, from + size));
  }

  async #process(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    this.#running += 1;
    try {
      const results = await this.#run(batch.map(({ item }) => item));
      for (const [index, { resolve, reject }] of batch.entries()) {
        const result = results[index];
        if (result === undefined) reject(new Error(`${results.length} results of ${batch.length} items`));
        else resolve(result);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      this.#running -= 1;
    }
  }
}
