import type { Job } from "@lookalike/client";
import { Button } from "./button.tsx";
import { countText, durationText } from "./facts.ts";
import { FileCountsList } from "./files-dialog.tsx";
import { damaged, failures, job, sendCommand, startJob } from "./jobs.ts";
import { catalog } from "./open-catalog.ts";

const completedShare = (running: Job): number | null => {
  if (running.phase === "hashing") return running.completedImages / Math.max(1, running.totalImages);
  if (running.phase === "comparing") return running.completedBlockPairs / Math.max(1, running.totalBlockPairs);
  if (running.phase === "verifying") return running.completedVerifyTasks / Math.max(1, running.totalVerifyTasks);
  return null;
};

/** What a phase counts. */
const unitOf = (phase: Job["phase"]): string => {
  if (phase === "hashing") return "images";
  return phase === "verifying" ? "verifications" : "block pairs";
};

const rateText = ({ phase, rate, etaSeconds }: Job): string =>
  [
    rate > 0 ? `${rate.toFixed(rate < 10 ? 1 : 0)} ${unitOf(phase)}/s` : "",
    etaSeconds === null ? "" : `${durationText(etaSeconds)} left`,
  ]
    .filter((text) => text !== "")
    .join(", ");

/** The progress of the newest job, and its buttons. */
export const JobPanel = () => {
  const shown = job.value;
  const id = catalog.value?.id;
  if (id === undefined) return null;
  const start = (mode: Job["mode"]) => () => void startJob(id, mode);
  if (shown === null || shown.phase === "done")
    return (
      <section class="job" aria-label="Job">
        <p>{shown === null ? "Not scanned yet." : outcome(shown)}</p>
        <Button text={shown === null ? "Scan" : "Scan again"} onClick={start("new")} />
        {shown !== null && shown.missingImages !== null && (
          <Button
            text={`${countText(shown.missingImages, "image")} were deleted: scan without them`}
            onClick={() => void startJob(id, "new", true)}
          />
        )}
        {shown?.fileCounts && <FileCountsList counts={shown.fileCounts} />}
        {shown !== null && failures.value.length > 0 && (
          <details>
            <summary>{countText(shown.failedImages, "image")} could not be read</summary>
            <ul>
              {failures.value.map(({ ordinal, path, reason, detail }) => (
                <li key={ordinal}>
                  {path}: <strong>{reason}</strong> {detail}
                </li>
              ))}
            </ul>
            <Button text="Try them again" onClick={start("retry")} />
          </details>
        )}
        {damaged.value.length > 0 && (
          <details>
            <summary>Damaged files</summary>
            <ul>
              {damaged.value.map(({ ordinal, path, detail }) => (
                <li key={ordinal}>
                  {path}: {detail}
                </li>
              ))}
            </ul>
          </details>
        )}
      </section>
    );
  const done = completedShare(shown);
  return (
    <section class="job" aria-label="Job">
      <p aria-live="polite">
        <strong>{shown.paused ? `paused while ${shown.phase}` : shown.phase}</strong>
        {done === null ? "" : ` ${Math.floor(done * 100)} %`}
      </p>
      <progress aria-label="Progress" {...(done === null ? {} : { value: done, max: 1 })} />
      <p>
        {rateText(shown)}
        {shown.failedImages > 0 ? `, ${shown.failedImages} failed` : ""}
      </p>
      <Button
        text={shown.paused ? "Resume" : "Pause"}
        onClick={() => void sendCommand(shown.paused ? "resume" : "pause")}
      />
      <Button text="Cancel" onClick={() => void sendCommand("cancel")} />
    </section>
  );
};

const outcome = ({ state, failure, totalImages, finishedAt }: Job): string =>
  state === "completed"
    ? `Scanned ${countText(totalImages, "image")}, ${finishedAt?.slice(0, 16).replace("T", " ")}.`
    : state === "failed"
      ? `The last scan failed: ${failure}`
      : `The last scan was ${state}.`;
