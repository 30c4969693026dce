import { createRequire } from "node:module";
import { EDGES_PER_FLUSH, type KernelCalls, type Wasm } from "./wasm.ts";

/** What the kernels run on: WebAssembly, or a machine's own vector instructions. All find the same pairs. */
export interface Backend {
  readonly name: "avx512" | "avx2" | "neon" | "wasm";
  /** The calls to use in a memory. */
  readonly callsIn: (wasm: Wasm) => KernelCalls;
}

type Edges = [edges: number, capacity: number, flush: (count: number) => void];

/** `native/addon.c`, built where there is a compiler: {@link KernelCalls} on the memory of the WebAssembly module. */
interface Addon {
  /** What can be used here, the best first. */
  readonly instructionSets: readonly Backend["name"][];
  joinRows(
    memory: ArrayBuffer,
    ...args: [...Parameters<KernelCalls["joinRows"]>, instructionSet: number, ...Edges]
  ): void;
  collapseRows(memory: ArrayBuffer, ...args: Parameters<KernelCalls["collapseRows"]>): number;
  /** The bands need AVX-512. */
  sortByBand(memory: ArrayBuffer, ...args: Parameters<KernelCalls["sortByBand"]>): void;
  joinBand(memory: ArrayBuffer, ...args: [...Parameters<KernelCalls["joinBand"]>, ...Edges]): number;
}

const load = (): Addon | null => {
  try {
    return createRequire(import.meta.url)("../../dist/native.node");
  } catch {
    return null;
  }
};

/** One for each instruction set of this machine, the best first; none where the addon was not built. */
const nativeBackends = (): Backend[] => {
  const addon = load();
  return (addon?.instructionSets ?? []).map((name, number) => ({
    name,
    callsIn: (wasm) => callsOf(addon as Addon, name, number, wasm),
  }));
};

const callsOf = (addon: Addon, name: Backend["name"], instructionSet: number, wasm: Wasm): KernelCalls => {
  const edges: Edges = [wasm.edges, EDGES_PER_FLUSH, wasm.flush];
  // A memory that grew is another ArrayBuffer.
  const memory = () => wasm.call.memory.buffer;
  return {
    joinRows: (...args) => addon.joinRows(memory(), ...args, instructionSet, ...edges),
    collapseRows: (...args) => addon.collapseRows(memory(), ...args),
    ...(name === "avx512"
      ? {
          sortByBand: (...args) => addon.sortByBand(memory(), ...args),
          joinBand: (...args) => addon.joinBand(memory(), ...args, ...edges),
        }
      : { sortByBand: wasm.call.sortByBand, joinBand: wasm.call.joinBand }),
  };
};

export const wasmBackend: Backend = { name: "wasm", callsIn: (wasm) => wasm.call };

/** What this machine can run, the fastest first: native code where it was built, and WebAssembly. */
export const backends: readonly Backend[] = [...nativeBackends(), wasmBackend];

export const fastestBackend: Backend = backends[0] ?? wasmBackend;
