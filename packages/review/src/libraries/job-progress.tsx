import type { Job } from "@lookalike/client";
import { Button } from "../parts/button.tsx";
import { durationText, numberText, percentText } from "../strings/format.ts";
import { strings } from "../strings/strings.ts";
import { sendCommand } from "./library-store.ts";

const PHASES: readonly Job["phase"][] = ["listing", "hashing", "comparing", "verifying", "grouping"];

const shareOf = (done: number, total: number): number => (total === 0 ? 0 : done / total);

/** How much of its phase a job has done; null where that is not counted. */
const completedShare = (job: Job): number | null => {
  switch (job.phase) {
    case "hashing":
      return shareOf(job.completedImages, job.totalImages);
    case "comparing":
      return shareOf(job.completedBlockPairs, job.totalBlockPairs);
    case "verifying":
      return shareOf(job.completedVerifyTasks, job.totalVerifyTasks);
    default:
      return null;
  }
};

/** How far a scan is: its phases, how fast it goes, and how long it still takes. */
export const JobProgress = ({ job }: { job: Job }) => {
  const t = strings.value;
  const { phase, paused, rate, etaSeconds, failedImages } = job;
  const share = completedShare(job);
  const phases = PHASES.filter((name) => name !== "verifying" || job.totalVerifyTasks > 0);
  const at = phases.indexOf(phase);
  const facts = [
    phase === "hashing" ? t.ofPictures(numberText(job.completedImages), job.totalImages) : "",
    rate > 0 && phase === "hashing" ? t.picturesPerSecond(numberText(Math.round(rate * 10) / 10)) : "",
    etaSeconds === null || paused ? "" : t.timeLeft(durationText(etaSeconds)),
    failedImages > 0 ? t.notRead(failedImages) : "",
  ];
  return (
    <section class="progress" aria-label={t.scan}>
      <ol class="phases">
        {phases.map((name, index) => (
          <li key={name} class={index < at ? "done" : ""} aria-current={index === at ? "step" : undefined}>
            {t.phases[name]}
          </li>
        ))}
      </ol>
      <progress aria-label={t.progress} {...(share === null ? {} : { value: share, max: 1 })} />
      <div class="progress-foot">
        <p>
          <strong aria-live="polite">
            {paused ? t.paused : t.phases[phase]}
            {share === null ? "" : ` ${percentText(share)}`}
          </strong>{" "}
          <span class="small">{facts.filter((fact) => fact !== "").join(" · ")}</span>
        </p>
        <Button
          text={paused ? t.resume : t.pause}
          onClick={() => void sendCommand(job.id, paused ? "resume" : "pause")}
        />
        <Button text={t.cancel} onClick={() => void sendCommand(job.id, "cancel")} />
      </div>
    </section>
  );
};
