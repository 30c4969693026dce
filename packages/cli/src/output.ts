import type { Group, Job } from "@lookalike/client";
import { fileCountsText } from "@lookalike/shared/domain/job/file-counts";
import prettyBytes from "pretty-bytes";

export type Output = ReturnType<typeof createOutput>;

/** Standard output of a command: one JSON value a line, or text for people. */
export const createOutput = (isJson: boolean) => ({
  isJson,
  /** Prints a result: `text` for people, `value` as a line of JSON. */
  print: (value: unknown, text: string) => void process.stdout.write(`${isJson ? JSON.stringify(value) : text}\n`),
});

/** A line for people on standard error, where it can't get between results. */
export const printStatus = (line: string): void => void process.stderr.write(`${line}\n`);

/** As in `3 images`, `1 image`. */
export const countText = (count: number, thing: string): string =>
  `${count.toLocaleString("en")} ${thing}${count === 1 ? "" : "s"}`;

export const sizeText = (bytes: number): string => prettyBytes(bytes, { maximumFractionDigits: 1 });

const UNSAFE = /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/gu;

/** A file name that can't move the cursor or break the line: its unsafe characters escaped, and then in quotes. */
export const printable = (name: string): string => {
  const safe = JSON.stringify(name)
    .slice(1, -1)
    .replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return safe === name ? name : `"${safe}"`;
};

/** What became of each file under the source's root; no line where the job walked no folder. */
export const filesLines = ({ fileCounts }: Pick<Job, "fileCounts">): string[] => {
  if (fileCounts === null) return [];
  const unreadable = fileCounts.unreadablePaths.map(
    ({ path, detail }) => `  unreadable: ${printable(path)}  ${detail}`,
  );
  return [fileCountsText(fileCounts), ...unreadable];
};

export const jobText = (job: Job): string =>
  [
    job.id,
    job.state.padEnd(9),
    job.mode.padEnd(7),
    job.acceptedAt.slice(0, 19).replace("T", " "),
    `${job.totalImages} images`,
    job.result === null ? (job.failure ?? job.phase) : `${job.result.groups} groups`,
  ].join("  ");

export const groupText = ({ number, kind, keeper, decision, members }: Group): string =>
  [
    `${number}  ${kind}${decision === null ? "" : `  (${decision.verdict})`}`,
    ...members.map(({ ordinal, path, distance, sameFileAs, damaged }) => {
      const isKept = decision?.verdict === "keep" ? decision.keep.includes(ordinal) : ordinal === keeper;
      const distanceText = distance === null || distance === 0 ? "" : `  ${distance} bits`;
      const linkText = sameFileAs === null ? "" : `  another name of ${sameFileAs}`;
      const damagedText = damaged === undefined ? "" : `  damaged: ${damaged}`;
      return `   ${isKept ? "keep" : "    "}  ${String(ordinal).padStart(7)}  ${printable(path)}${distanceText}${linkText}${damagedText}`;
    }),
  ].join("\n");
