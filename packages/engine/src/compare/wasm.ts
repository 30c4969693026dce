import { readFileSync } from "node:fs";
import { EDGE_WORDS, type EdgeSink, edgesOf, type HashRows, rowWords } from "./kernel.ts";

/** What there is in WebAssembly and in native code alike, on pointers: byte offsets into a memory of {@link Wasm}. */
export interface KernelCalls {
  joinRows(
    ...args: [
      left: number,
      leftFirst: number,
      leftCount: number,
      planes: number,
      rightFirst: number,
      rightCount: number,
      rowBytes: number,
      stageBytes: number,
      radius: number,
      same: number,
    ]
  ): void;
  collapseRows(
    ...args: [rows: number, ordinals: number, count: number, rowBytes: number, table: number, slots: number]
  ): number;
  sortByBand(
    ...args: [side: number, count: number, rowBytes: number, mask: number, values: number, valueCount: number]
  ): void;
  joinBand(
    ...args: [
      left: number,
      right: number,
      same: number,
      rowBytes: number,
      valueCount: number,
      flips: number,
      radius: number,
      earlierBands: number,
      earlierBandCount: number,
    ]
  ): number;
}

/** What `assembly/` exports. */
interface Exports extends KernelCalls {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  setEdgeBuffer(pointer: number, edges: number): void;
  flushEdges(): void;
  toPlanes(rows: number, count: number, rowBytes: number, planes: number): void;
  sampleCollisions(
    ...args: [
      x: number,
      xCount: number,
      y: number,
      yCount: number,
      rowBytes: number,
      bands: number,
      bandCount: number,
      samples: number,
    ]
  ): number;
  reorderBytes(rows: number, count: number, rowBytes: number, order: number): void;
}

/** The part of the WebAssembly API in use: TypeScript has it only with all of the DOM's types. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: Exports };
};

const PAGE_BYTES = 65_536;
/** Bytes of a row at most: 256 bits. */
const ROW_BYTES = 32;
/** Edges that fit into the buffer. */
export const EDGES_PER_FLUSH = 65_536;

/** The kernels' module with a memory that is handed out from the bottom up and taken back as a whole. */
export class Wasm {
  readonly call: Exports;
  /** Called with each full buffer of edges. */
  #take: (edges: Uint32Array) => void = () => undefined;
  #end = PAGE_BYTES;
  /** The buffer of edges, as a pointer. */
  readonly edges: number;

  constructor() {
    const module = new WebAssembly.Module(readFileSync(new URL("../../dist/kernels.wasm", import.meta.url)));
    this.call = new WebAssembly.Instance(module, { host: { flush: this.flush } }).exports;
    this.edges = this.reserve(EDGES_PER_FLUSH * EDGE_WORDS * 4);
    this.call.setEdgeBuffer(this.edges, EDGES_PER_FLUSH);
  }

  /** Hands on the first `count` edges of the buffer. */
  readonly flush = (count: number): void =>
    this.#take(new Uint32Array(this.call.memory.buffer, this.edges, count * EDGE_WORDS));

  /** A pointer to `bytes` of memory, not cleared. Views made before may be detached. */
  reserve(bytes: number): number {
    const pointer = this.#end;
    this.#end += Math.ceil(bytes / 64) * 64 + 64;
    const missing = this.#end - this.call.memory.buffer.byteLength;
    if (missing > 0) this.call.memory.grow(Math.ceil(missing / PAGE_BYTES));
    return pointer;
  }

  /** What is reserved from now on can be given back with {@link release}. */
  mark(): number {
    return this.#end;
  }

  release(mark: number): void {
    this.#end = mark;
  }

  bytes(pointer: number, length: number): Uint8Array {
    return new Uint8Array(this.call.memory.buffer, pointer, length);
  }

  words(pointer: number, length: number): Uint32Array {
    return new Uint32Array(this.call.memory.buffer, pointer, length);
  }

  /** Reserves and fills. */
  put(data: Uint8Array | Uint32Array | Int32Array): number {
    const pointer = this.reserve(data.byteLength);
    this.bytes(pointer, data.byteLength).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    return pointer;
  }

  /** Runs `work`, which may call kernels, with their edges going to `sink`, row numbers mapped to ordinals. */
  collect(ordinals: { left: Uint32Array; right: Uint32Array }, sink: EdgeSink, work: () => void): void {
    this.#take = (found) => sink(edgesOf(found, ordinals.left, ordinals.right));
    work();
    this.call.flushEdges();
  }
}

/** A row's bytes in an order whose every prefix samples the whole hash: by bit-reversed position. */
export const spreadOrder = (rowBytes: number): Uint8Array =>
  Uint8Array.from({ length: rowBytes }, (_, at) => at).sort((x, y) => reversed(x) - reversed(y));

const reversed = (byte: number): number => {
  let result = 0;
  for (let bit = 0; bit < 5; bit += 1) result |= ((byte >> bit) & 1) << (4 - bit);
  return result;
};

/** Rows in the kernels' memory, their bytes in {@link spreadOrder}. */
export interface LoadedRows {
  readonly ordinals: Uint32Array;
  readonly pointer: number;
  readonly rowBytes: number;
}

export const loadRows = (wasm: Wasm, hashes: HashRows): LoadedRows => {
  const { ordinals, words } = hashes;
  const rowBytes = rowWords(hashes) * 4;
  const pointer = wasm.put(words);
  const mark = wasm.mark();
  const order = new Uint8Array(ROW_BYTES).fill(255);
  order.set(spreadOrder(rowBytes));
  wasm.call.reorderBytes(pointer, ordinals.length, rowBytes, wasm.put(order));
  wasm.release(mark);
  return { ordinals, pointer, rowBytes };
};
