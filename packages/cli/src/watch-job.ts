import { setTimeout as sleep } from "node:timers/promises";
import { ApiProblem, type Job } from "@lookalike/client";
import { SingleBar } from "cli-progress";
import type { Client } from "./client.ts";

const POLL_MS = 250;
/** The API is given this long to start again after a crash. */
const MAX_SILENCE_MS = 60_000;

/** What a pipe shows of a job that runs: one line. */
export type ProgressLine = (job: Job) => string;

/**
 * Shows a job's progress on standard error until it is over: a bar on a terminal; in a pipe a line for each
 * phase, and every two seconds where it changed.
 * @throws ApiProblem, or the last connection error after a minute without an answer
 */
export const watchJob = async (client: Client, started: Job, line: ProgressLine): Promise<Job> => {
  const progress = process.stderr.isTTY ? createBar() : createLines(line);
  let job = started;
  try {
    for (let answeredAt = Date.now(); job.phase !== "done"; ) {
      progress.show(job);
      await sleep(POLL_MS);
      try {
        job = await client.readJob(job.id);
        answeredAt = Date.now();
      } catch (error) {
        if (error instanceof ApiProblem || Date.now() - answeredAt > MAX_SILENCE_MS) throw error;
      }
    }
    return job;
  } finally {
    progress.end();
  }
};

/** What a phase counts; a total of 0 where it counts nothing. */
const phaseProgress = (job: Job) => {
  switch (job.phase) {
    case "listing":
      return { label: "Listing", done: 0, total: 0, unit: "images" };
    case "hashing":
      return { label: "Hashing", done: job.completedImages, total: job.totalImages, unit: "images" };
    case "comparing":
      return { label: "Comparing", done: job.completedBlockPairs, total: job.totalBlockPairs, unit: "block pairs" };
    case "verifying":
      return { label: "Verifying", done: job.completedVerifyTasks, total: job.totalVerifyTasks, unit: "tasks" };
    case "grouping":
    case "done":
      return { label: "Grouping", done: 0, total: 0, unit: "images" };
  }
};

/** As in `Hashing: 300 of 4000 images, 2 failed`. */
export const countLine: ProgressLine = (job) => {
  const { label, done, total, unit } = phaseProgress(job);
  return total > 0 ? `${label}: ${done} of ${total} ${unit}${failuresText(job)}` : label;
};

/** As in `hashing 40 %`, in steps of ten. */
export const percentLine: ProgressLine = (job) => {
  const { done, total } = phaseProgress(job);
  const tenths = total > 0 ? Math.floor((10 * done) / total) : 0;
  return `${job.paused ? "paused" : job.phase} ${tenths * 10} %`;
};

const failuresText = ({ failedImages }: Job): string => (failedImages > 0 ? `, ${failedImages} failed` : "");

const etaText = (seconds: number | null): string => {
  if (seconds === null) return "";
  const minutes = Math.floor(seconds / 60);
  return minutes > 0 ? `${minutes} min left` : `${Math.ceil(seconds)} s left`;
};

const createBar = () => {
  const bar = new SingleBar({
    format: "{label} {bar} {value}/{total} {unit} {rest}",
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 30,
    hideCursor: true,
    clearOnComplete: true,
    stream: process.stderr,
  });
  let phase: Job["phase"] | null = null;
  return {
    show(job: Job) {
      const { label, done, total, unit } = phaseProgress(job);
      const rest = `${job.paused ? "paused" : etaText(job.etaSeconds)}${failuresText(job)}`;
      if (job.phase !== phase) {
        phase = job.phase;
        bar.start(total, done, { label, unit, rest });
      }
      bar.setTotal(total);
      bar.update(done, { label, unit, rest });
    },
    end: () => bar.stop(),
  };
};

const LINE_INTERVAL_MS = 2_000;

const createLines = (line: ProgressLine): ReturnType<typeof createBar> => {
  let last: { readonly phase: Job["phase"]; readonly text: string; readonly at: number } | null = null;
  return {
    show(job) {
      const text = line(job);
      const now = Date.now();
      if (last !== null && last.phase === job.phase && (text === last.text || now - last.at < LINE_INTERVAL_MS)) return;
      process.stderr.write(`${text}\n`);
      last = { phase: job.phase, text, at: now };
    },
    end: () => undefined,
  };
};
