import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { CallKernel, KernelName } from "./kernel-calls.ts";

/** What runs the kernels: WebAssembly, or machine code for an instruction set. All find the same pairs. */
export interface Backend {
  readonly name: "avx512" | "avx2" | "neon" | "wasm";
  /**
   * The kernels on a memory.
   * @param flush called with the number of edges in the edge buffer, when it is full and at a kernel's end
   */
  readonly kernelsIn: (memory: Memory, flush: Flush) => CallKernel;
}

type Flush = (count: number) => void;

/** A WebAssembly memory. Its `buffer` is another one after each `grow`. */
export interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

type Exports = Readonly<Record<KernelName, (memory: 0, parameters: number) => number>>;
type Addon = Readonly<Record<KernelName, (memory: ArrayBuffer, parameters: number, flush: Flush) => number>>;

/** The part of the WebAssembly API in use: TypeScript has it only with all of the DOM's types. */
declare const WebAssembly: {
  Memory: new (limits: { initial: number; maximum: number }) => Memory;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: Exports };
};

export const PAGE_BYTES = 65_536;
/** The first bytes of each memory are the WebAssembly module's own: its stack and constants. */
export const MODULE_BYTES = 2 * PAGE_BYTES;
const MAX_PAGES = 65_536;

export const createMemory = (): Memory =>
  new WebAssembly.Memory({ initial: MODULE_BYTES / PAGE_BYTES, maximum: MAX_PAGES });

let wasmModule: object | undefined;

export const wasmBackend: Backend = {
  name: "wasm",
  kernelsIn: (memory, flush) => {
    wasmModule ??= new WebAssembly.Module(readFileSync(new URL("../../kernels.wasm", import.meta.url)));
    const { exports } = new WebAssembly.Instance(wasmModule, { env: { memory }, host: { flush } });
    return (kernel, parameters) => exports[kernel](0, parameters);
  },
};

/** Null where the addon was not built, or where this processor lacks its instructions. */
const nativeBackend = (name: Backend["name"]): Backend | null => {
  let addon: Addon;
  try {
    addon = createRequire(import.meta.url)(`../../dist/${name}.node`);
  } catch {
    return null;
  }
  return {
    name,
    kernelsIn: (memory, flush) => {
      let { buffer } = memory;
      return (kernel, parameters) => {
        // Growing has detached it. To get it from the memory each time takes as long as a small kernel.
        if (buffer.byteLength === 0) buffer = memory.buffer;
        return addon[kernel](buffer, parameters, flush);
      };
    },
  };
};

const NATIVE = (["avx512", "avx2", "neon"] as const).map(nativeBackend).filter((backend) => backend !== null);

/** What this machine can run, the fastest first. */
export const backends: readonly Backend[] = [...NATIVE, wasmBackend];

export const fastestBackend: Backend = NATIVE[0] ?? wasmBackend;
