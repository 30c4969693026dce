import type { Group, Job } from "@lookalike/client";
import { SingleBar } from "cli-progress";
import prettyBytes from "pretty-bytes";

/** How results are told: one JSON value a line, or text for people. */
export interface Output {
  readonly isJson: boolean;
  /** A result: `text` for people, or `value` as a line of JSON. */
  tell(value: unknown, text: string): void;
}

export const createOutput = (isJson: boolean): Output => ({
  isJson,
  tell: (value, text) => void process.stdout.write(`${isJson ? JSON.stringify(value) : text}\n`),
});

const share = ({ phase, completedImages, totalImages, completedBlockPairs, totalBlockPairs }: Job): number =>
  phase === "comparing"
    ? completedBlockPairs / Math.max(1, totalBlockPairs)
    : phase === "hashing"
      ? completedImages / Math.max(1, totalImages)
      : 0;

/** A job's progress: a bar on a terminal, a plain line for each phase and tenth in a pipe. */
export const createProgress = () => {
  const isTerminal = process.stderr.isTTY === true;
  const bar = new SingleBar({
    stream: process.stderr,
    format: "{phase} [{bar}] {percentage} % {rest}",
    hideCursor: true,
    clearOnComplete: true,
  });
  let begun = false;
  let last = "";
  return {
    show(job: Job): void {
      const percent = Math.floor(share(job) * 100);
      const rest = job.etaSeconds === null ? "" : `${Math.ceil(job.etaSeconds)} s left`;
      const phase = job.paused ? "paused" : job.phase;
      if (isTerminal) {
        if (begun) bar.update(percent, { phase: phase.padEnd(9), rest });
        else bar.start(100, percent, { phase: phase.padEnd(9), rest });
        begun = true;
        return;
      }
      const line = `${phase} ${Math.floor(percent / 10) * 10} %`;
      if (line !== last) process.stderr.write(`${line}\n`);
      last = line;
    },
    end(): void {
      if (begun) bar.stop();
    },
  };
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
    ...members.map(({ ordinal, path, distance }) => {
      const kept = decision?.verdict === "keep" ? decision.keep.includes(ordinal) : ordinal === keeper;
      return `   ${kept ? "keep" : "    "}  ${String(ordinal).padStart(7)}  ${printable(path)}${distance === null || distance === 0 ? "" : `  ${distance} bits`}`;
    }),
  ].join("\n");

export const sizeText = (bytes: number): string => prettyBytes(bytes, { maximumFractionDigits: 1 });

/** A file name that can't move the cursor or break the line. */
export const printable = (name: string): string => name.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, "\ufffd");
