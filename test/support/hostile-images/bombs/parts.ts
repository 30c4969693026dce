import { deflateSync } from "node:zlib";

/** Files of one format, by what is wrong with them; each is made when it is needed, since all of them together are large. */
export type Bombs = Readonly<Record<string, () => Buffer>>;

export const MB = 1_048_576;
export const NUL = Buffer.from([0]);

export const repeated = (part: Buffer, count: number): Buffer =>
  Buffer.concat(Array.from({ length: count }, () => part));

export const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

/** So many zero bytes, packed. */
export const packedZeros = (bytes: number): Buffer => deflateSync(Buffer.alloc(bytes), { level: 9 });
