import { readScans } from "./structure/jpeg-scans.ts";
import { dataFrom, isJpeg } from "./structure/jpeg-segments.ts";

/** Two files of one size that differ in a smaller part of their picture data are not two encodings: these differ nearly everywhere. */
const MAX_DIFFERING_PART = 0.1;

/**
 * Looks for damage that decoders pass over, in a picture and in look-alikes that have the same size in bytes.
 * @returns for each file what is wrong with it; null = nothing was found. Where two files of one size differ in a few bytes of their picture
 * data, one of them is damaged, and if their codes do not say which, it is said of both.
 */
export const damageAmong = (first: Buffer, sameSize: readonly (Buffer | null)[]): (string | null)[] => {
  const own = damageOf(first);
  const others = sameSize.map((other) => (other === null ? null : damageOf(other)));
  if (own !== null) return [own, ...others];
  const differing = sameSize.map((other, index) =>
    other === null || others[index] !== null ? 0 : differingBytes(first, other),
  );
  const most = Math.max(0, ...differing);
  return [
    most === 0 ? null : differingText(most),
    ...others.map((found, index) => {
      const bytes = differing[index] ?? 0;
      return found ?? (bytes === 0 ? null : differingText(bytes));
    }),
  ];
};

const damageOf = (file: Buffer): string | null => (isJpeg(file) ? (readScans(file)?.fault ?? null) : null);

const differingText = (bytes: number): string =>
  `it or its look-alike of the same size is: ${bytes} bytes of their picture data differ`;

/** How many bytes of their picture data differ, where that is a small part; 0 otherwise, and where only metadata differ. */
const differingBytes = (a: Buffer, b: Buffer): number => {
  const from = dataFrom(a);
  if (a.length !== b.length || from === null || from !== dataFrom(b)) return 0;
  if (a.subarray(from).equals(b.subarray(from))) return 0;
  let differing = 0;
  for (let at = from; at < a.length; at += 1) if (a[at] !== b[at]) differing += 1;
  return differing <= (a.length - from) * MAX_DIFFERING_PART ? differing : 0;
};
