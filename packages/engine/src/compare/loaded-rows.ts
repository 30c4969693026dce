import { type HashRows, rowWords } from "./kernel.ts";
import type { KernelMemory } from "./kernel-memory.ts";

/** Bytes of a row at most: 256 bits. */
const MAX_ROW_BYTES = 32;

/** Rows in a kernel's memory, their bytes in {@link spreadOrder}. */
export interface LoadedRows {
  readonly ordinals: Uint32Array;
  readonly pointer: number;
  readonly rowBytes: number;
}

export const loadRows = (memory: KernelMemory, hashes: HashRows): LoadedRows => {
  const { ordinals, words } = hashes;
  const rowBytes = rowWords(hashes) * 4;
  const pointer = memory.put(words);
  const order = new Uint8Array(MAX_ROW_BYTES).fill(255);
  order.set(spreadOrder(rowBytes));
  memory.scratch(() =>
    memory.run("reorder_bytes", { rows: pointer, count: ordinals.length, rowBytes, order: memory.put(order) }),
  );
  return { ordinals, pointer, rowBytes };
};

/** A row's bytes in an order whose every prefix samples the whole hash: by bit-reversed position. */
export const spreadOrder = (rowBytes: number): Uint8Array =>
  Uint8Array.from({ length: rowBytes }, (_, at) => at).sort((x, y) => reversed(x) - reversed(y));

const reversed = (byte: number): number => {
  let result = 0;
  for (let bit = 0; bit < 5; bit += 1) result |= ((byte >> bit) & 1) << (4 - bit);
  return result;
};
