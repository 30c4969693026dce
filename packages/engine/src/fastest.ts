import { exhaustive } from "./exhaustive.ts";
import type { Kernel } from "./kernel.ts";
import { nativeKernels } from "./native.ts";

const [best] = nativeKernels();

/** The fastest kernel of this machine that compares every pair: native code where it was built, else WebAssembly. */
export const fastest: { readonly name: string; readonly join: Kernel } = {
  name: `exhaustive/${best?.name ?? "wasm"}`,
  join: best?.join ?? exhaustive,
};
