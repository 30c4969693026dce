import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import type { Group, Job } from "@lookalike/client";
import { fileCountsText } from "@lookalike/shared/domain/job/file-counts";
import { printableLine, printableName, printableText } from "@lookalike/shared/runtime/printable";
import prettyBytes from "pretty-bytes";

export type Output = ReturnType<typeof createOutput>;

/** Writes to standard output. Names and messages come from anybody: nothing in them reaches the terminal as a command. */
export const printText = (text: string): void => void process.stdout.write(`${printableText(text)}\n`);

/** Standard output of a command: one JSON value a line, or text for people. */
export const createOutput = (isJson: boolean) => ({
  isJson,
  /** Prints a result: `text` for people, `value` as a line of JSON. */
  print: (value: unknown, text: string) => printText(isJson ? JSON.stringify(value) : text),
});

/** A line for people on standard error, where it can't get between results. */
export const printStatus = (line: string): void => void process.stderr.write(`${printableText(line)}\n`);

/** Writes a file to standard output: byte by byte for a program, printable for a terminal. */
export const printFile = async (file: ReadableStream): Promise<void> => {
  const bytes = Readable.fromWeb(file);
  const shown = process.stdout.isTTY ? Readable.from(printableParts(bytes)) : bytes;
  await pipeline(shown, process.stdout, { end: false });
};

export async function* printableParts(parts: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const part of parts) yield printableText(decoder.decode(part, { stream: true }));
}

/** As in `3 images`, `1 image`. */
export const countText = (count: number, thing: string): string =>
  `${count.toLocaleString("en")} ${thing}${count === 1 ? "" : "s"}`;

export const sizeText = (bytes: number): string => prettyBytes(bytes, { maximumFractionDigits: 1 });

/** What became of each file under the source's root; no line where the job walked no folder. */
export const filesLines = ({ fileCounts }: Pick<Job, "fileCounts">): string[] => {
  if (fileCounts === null) return [];
  const unreadable = fileCounts.unreadablePaths.map(
    ({ path, detail }) => `  unreadable: ${printableName(path)}  ${printableLine(detail)}`,
  );
  return [fileCountsText(fileCounts), ...unreadable];
};

/** How many bytes of the database an image takes; no line where there is no image. */
export const storedLines = (
  { totalImages }: Pick<Job, "totalImages">,
  { storedBytes }: { readonly storedBytes: number },
): string[] =>
  totalImages === 0 || storedBytes === 0
    ? []
    : [
        `stored: ${sizeText(storedBytes)} of hashes and evidence, ${sizeText(Math.round(storedBytes / totalImages))} an image`,
      ];

export const jobText = (job: Job): string =>
  [
    job.id,
    job.state.padEnd(9),
    job.mode.padEnd(7),
    job.acceptedAt.slice(0, 19).replace("T", " "),
    `${job.totalImages} images`,
    job.result === null ? printableLine(job.failure ?? job.phase) : `${job.result.groups} groups`,
  ].join("  ");

export const groupText = ({ number, kind: kindOfGroup, keeper, decision, members }: Group): string =>
  [
    `${number}  ${kindOfGroup}${decision === null ? "" : `  (${decision.verdict})`}`,
    ...members.map(({ ordinal, path, distance, sameFileAs, damaged, kind, via, probability }) => {
      const isKept = decision?.verdict === "keep" ? decision.keep.includes(ordinal) : ordinal === keeper;
      const distanceText = distance === null || distance === 0 ? "" : `  ${distance} bits`;
      const kindText = kind === null ? "" : `  ${kind}${probability === null ? "" : ` ${probability.toFixed(3)}`}`;
      const viaText = via === null ? "" : `  through ${via}`;
      const linkText = sameFileAs === null ? "" : `  another name of ${sameFileAs}`;
      const damagedText = damaged === undefined ? "" : `  damaged: ${printableLine(damaged)}`;
      return `   ${isKept ? "keep" : "    "}  ${String(ordinal).padStart(7)}  ${printableName(path)}${kindText}${viaText}${distanceText}${linkText}${damagedText}`;
    }),
  ].join("\n");
