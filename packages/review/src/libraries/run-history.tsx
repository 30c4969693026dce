import type { Job } from "@lookalike/client";
import { durationText, momentText } from "../strings/format.ts";
import { strings } from "../strings/strings.ts";

const BAR = 14;
const GAP = 4;
const HEIGHT = 44;
const LEAST = 3;

const secondsOf = ({ acceptedAt, finishedAt }: Job): number | null =>
  finishedAt === null ? null : (Date.parse(finishedAt) - Date.parse(acceptedAt)) / 1_000;

/** The last scans, oldest first: a bar is as high as it had pictures; what could not be read is on top of it. */
export const RunHistory = ({ jobs }: { jobs: readonly Job[] }) => {
  const t = strings.value;
  const runs = jobs.filter(({ phase }) => phase === "done").toReversed();
  if (runs.length < 2) return null;
  const most = Math.max(1, ...runs.map(({ totalImages }) => totalImages));
  const heightOf = (images: number): number => (images === 0 ? 0 : Math.max(LEAST, (images / most) * HEIGHT));
  const width = runs.length * (BAR + GAP) - GAP;
  return (
    <figure class="history">
      <figcaption class="small">{t.lastScans(runs.length)}</figcaption>
      <svg
        viewBox={`0 0 ${width} ${HEIGHT}`}
        width={width}
        height={HEIGHT}
        role="img"
        aria-label={t.lastScans(runs.length)}
      >
        {runs.map((job, at) => {
          const height = Math.max(LEAST, heightOf(job.totalImages));
          const failed = Math.min(height, heightOf(job.failedImages));
          return (
            <g key={job.id} transform={`translate(${at * (BAR + GAP)} 0)`}>
              <title>{runText(job)}</title>
              <rect class={`bar ${job.state}`} y={HEIGHT - height} width={BAR} height={height} rx="2" />
              <rect class="bar failures" y={HEIGHT - height} width={BAR} height={failed} rx="2" />
            </g>
          );
        })}
      </svg>
      <ul class="visually-hidden">
        {runs.map((job) => (
          <li key={job.id}>{runText(job)}</li>
        ))}
      </ul>
    </figure>
  );
};

const runText = (job: Job): string => {
  const t = strings.value;
  const seconds = secondsOf(job);
  return [
    momentText(job.acceptedAt),
    t.jobStates[job.state],
    t.pictures(job.totalImages),
    job.failedImages > 0 ? t.notRead(job.failedImages) : "",
    seconds === null ? "" : durationText(seconds),
  ]
    .filter((text) => text !== "")
    .join(" · ");
};
