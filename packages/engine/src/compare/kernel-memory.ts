import { type Backend, createMemory, MODULE_BYTES, PAGE_BYTES } from "./backend.ts";
import { EDGE_WORDS, type EdgeSink, edgesOf, type HashRows, rowWords } from "./kernel.ts";
import { type CallKernel, type KernelName, type KernelParameters, PARAMETERS } from "./kernel-calls.ts";

const EDGE_CAPACITY = 65_536;
const MAX_PARAMETERS = 16;

/** A kernel with its parameters: see {@link KernelMemory.prepare}. */
export interface PreparedKernel<Name extends KernelName> {
  /** @returns what the kernel returns */
  readonly run: () => number;
  readonly wordsFrom: (name: keyof KernelParameters<Name>) => Uint32Array;
}

/** Rows in a kernel's memory. */
export type LoadedRows = ReturnType<KernelMemory["load"]>;

/** A backend's kernels and their memory, which is handed out from the bottom up and taken back as a whole. */
export class KernelMemory {
  readonly backend: Backend;
  readonly #memory = createMemory();
  readonly #call: CallKernel;
  #end = MODULE_BYTES;
  readonly #parameters = this.reserve(MAX_PARAMETERS * 4);
  /** The parameters of a kernel that finds edges: where it writes them. */
  readonly edgeBuffer = { edges: this.reserve(EDGE_CAPACITY * EDGE_WORDS * 4), edgeCapacity: EDGE_CAPACITY };
  #takeEdges: (edges: Uint32Array) => void = () => undefined;

  constructor(backend: Backend) {
    this.backend = backend;
    this.#call = backend.kernelsIn(this.#memory, (count) =>
      this.#takeEdges(this.words(this.edgeBuffer.edges, count * EDGE_WORDS)),
    );
  }

  /**
   * A kernel whose parameters stay in memory of their own, for one that runs again and again.
   * @returns how it is run, and the words of its parameters from one of them on, which are valid until more memory is reserved
   */
  prepare<Name extends KernelName>(kernel: Name, parameters: KernelParameters<Name>): PreparedKernel<Name> {
    const names: readonly (keyof typeof parameters)[] = PARAMETERS[kernel];
    const pointer = this.put(Uint32Array.from(names, (name) => parameters[name]));
    return {
      run: () => this.#call(kernel, pointer),
      wordsFrom: (name) => this.words(pointer, names.length).subarray(names.indexOf(name)),
    };
  }

  /** Runs a kernel. @returns what it returns */
  run<Name extends KernelName>(kernel: Name, parameters: KernelParameters<Name>): number {
    const names: readonly (keyof typeof parameters)[] = PARAMETERS[kernel];
    const words = this.words(this.#parameters, names.length);
    names.forEach((name, at) => {
      words[at] = parameters[name];
    });
    return this.#call(kernel, this.#parameters);
  }

  /** The offset of `bytes` of memory, not cleared. Views made before may be detached. */
  reserve(bytes: number): number {
    const pointer = this.#end;
    this.#end += Math.ceil(bytes / 64) * 64 + 64;
    const missing = this.#end - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE_BYTES));
    return pointer;
  }

  /** Runs `work`, and takes back what it reserved. @returns what it returns */
  scratch<Result>(work: () => Result): Result {
    const end = this.#end;
    const result = work();
    this.#end = end;
    return result;
  }

  words(pointer: number, length: number): Uint32Array {
    return new Uint32Array(this.#memory.buffer, pointer, length);
  }

  bytes(pointer: number, length: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, pointer, length);
  }

  /** Reserves and fills. */
  put(data: Uint8Array | Uint32Array | Int32Array): number {
    const pointer = this.reserve(data.byteLength);
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    new Uint8Array(this.#memory.buffer, pointer).set(bytes);
    return pointer;
  }

  load(rows: HashRows) {
    return { ordinals: rows.ordinals, pointer: this.put(rows.words), rowBytes: rowWords(rows) * 4 };
  }

  /** Runs `work`, which may run kernels, with their edges going to `sink`, row numbers mapped to ordinals. */
  collect(left: Pick<HashRows, "ordinals">, right: Pick<HashRows, "ordinals">, sink: EdgeSink, work: () => void): void {
    this.#takeEdges = (found) => sink(edgesOf(found, left.ordinals, right.ordinals));
    work();
  }
}
