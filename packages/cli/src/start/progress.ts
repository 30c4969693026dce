import { SingleBar } from "cli-progress";
import type { Job } from "./client.ts";

/** Shows a job's progress on standard error: a bar on a terminal, else a line when something moved. */
export interface ProgressView {
  show(job: Job): void;
  end(): void;
}

export const createProgressView = (): ProgressView => (process.stderr.isTTY ? barView() : lineView());

/** What the phase counts, in its own words. */
const phaseProgress = ({ phase, ...job }: Job): { label: string; done: number; total: number; unit: string } => {
  switch (phase) {
    case "listing":
      return { label: "Listing", done: 0, total: 0, unit: "images" };
    case "hashing":
      return { label: "Hashing", done: job.completedImages, total: job.totalImages, unit: "images" };
    case "comparing":
      return { label: "Comparing", done: job.completedBlockPairs, total: job.totalBlockPairs, unit: "block pairs" };
    default:
      return { label: "Grouping", done: 0, total: 0, unit: "images" };
  }
};

const eta = (seconds: number | null): string => {
  if (seconds === null) return "";
  const minutes = Math.floor(seconds / 60);
  return minutes > 0 ? `${minutes} min left` : `${Math.ceil(seconds)} s left`;
};

const failures = ({ failedImages }: Job): string => (failedImages > 0 ? `, ${failedImages} failed` : "");

const barView = (): ProgressView => {
  const bar = new SingleBar({
    format: "{label} {bar} {value}/{total} {unit} {rest}",
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 30,
    hideCursor: true,
    clearOnComplete: true,
    stream: process.stderr,
  });
  let phase = "";
  return {
    show(job) {
      const { label, done, total, unit } = phaseProgress(job);
      const payload = { label, unit, rest: `${eta(job.etaSeconds)}${failures(job)}` };
      if (job.phase !== phase) {
        phase = job.phase;
        bar.start(total, done, payload);
      }
      bar.setTotal(total);
      bar.update(done, payload);
    },
    end: () => bar.stop(),
  };
};

const LINE_MS = 2_000;

const lineView = (): ProgressView => {
  let last = "";
  let at = 0;
  return {
    show(job) {
      const { label, done, total, unit } = phaseProgress(job);
      const line = total > 0 ? `${label}: ${done} of ${total} ${unit}${failures(job)}` : label;
      const newPhase = !last.startsWith(label);
      if (line === last || (!newPhase && Date.now() - at < LINE_MS)) return;
      process.stderr.write(`${line}\n`);
      last = line;
      at = Date.now();
    },
    end: () => undefined,
  };
};
