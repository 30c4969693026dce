import type { DamagedImage, FailedImage, Job } from "@lookalike/client";
import { useSignal } from "@preact/signals";
import { api, request } from "../api.ts";
import { Button } from "../parts/button.tsx";
import { numberText } from "../strings/format.ts";
import { strings } from "../strings/strings.ts";
import { startJob } from "./library-store.ts";

/** Pictures of a list that are shown. */
const SHOWN = 100;

type FileCounts = NonNullable<Job["fileCounts"]>;

/** What a scan could not read, what is damaged, and what became of every other file. */
export const Problems = ({ job }: { job: Job }) => {
  const t = strings.value;
  return (
    <div class="problems">
      {job.failedImages > 0 && <Failures job={job} />}
      <Damaged job={job} />
      {job.fileCounts !== null && <FileCountsList counts={job.fileCounts} />}
      {job.quarantinedTasks > 0 && <p class="note">{t.quarantined(job.quarantinedTasks)}</p>}
    </div>
  );
};

const firstOf = (job: Job) => ({ params: { path: { job: job.id }, query: { limit: SHOWN } } });

/** A list that is read when it is opened for the first time; null until then. */
const useReadOnce = <Item,>(readItems: () => Promise<{ readonly items: readonly Item[] } | undefined>) => {
  const items = useSignal<readonly Item[] | null>(null);
  const read = async (): Promise<void> => {
    if (items.value === null) items.value = (await readItems())?.items ?? null;
  };
  return [items, read] as const;
};

const Failures = ({ job }: { job: Job }) => {
  const t = strings.value;
  const [failures, read] = useReadOnce<FailedImage>(() => request(api.GET("/v1/jobs/{job}/failures", firstOf(job))));
  return (
    <details onToggle={() => void read()}>
      <summary class="amber">{t.couldNotBeRead(job.failedImages)}</summary>
      <ul class="files">
        {failures.value?.map(({ ordinal, path, reason, detail }) => (
          <li key={ordinal}>
            <b>{path}</b> {t.failureReasons[reason]} <span class="small">{detail}</span>
          </li>
        ))}
      </ul>
      {job.failedImages > SHOWN && <p class="small">{t.firstOf(SHOWN, numberText(job.failedImages))}</p>}
      <Button text={t.tryAgain} onClick={() => void startJob(job.catalog, "retry")} />
    </details>
  );
};

const Damaged = ({ job }: { job: Job }) => {
  const t = strings.value;
  const [damaged, read] = useReadOnce<DamagedImage>(() => request(api.GET("/v1/jobs/{job}/damaged", firstOf(job))));
  return (
    <details onToggle={() => void read()}>
      <summary>{t.damagedFiles}</summary>
      {damaged.value?.length === 0 && <p class="small">{t.noDamagedFiles}</p>}
      <ul class="files">
        {damaged.value?.map(({ ordinal, path, detail }) => (
          <li key={ordinal}>
            <b>{path}</b> <span class="small">{detail}</span>
          </li>
        ))}
      </ul>
    </details>
  );
};

const CLASSES = ["companions", "unsupported", "notImages", "excluded", "notFiles"] as const;

const sumOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

/** What became of each file under the source's root. */
const FileCountsList = ({ counts }: { counts: FileCounts }) => {
  const t = strings.value;
  return (
    <details class="file-counts">
      <summary>{t.filesFound(counts.total, numberText(counts.images))}</summary>
      <ul class="files">
        {CLASSES.filter((name) => sumOf(counts[name]) > 0).map((name) => (
          <li key={name}>
            {numberText(sumOf(counts[name]))} {t.fileClasses[name]}{" "}
            <span class="small">
              {Object.entries(counts[name])
                .map(([key, count]) => `${key} ${numberText(count)}`)
                .join(", ")}
            </span>
          </li>
        ))}
        {counts.unreadablePaths.map(({ path, detail }) => (
          <li key={path}>
            <b>{path}</b> {t.failureReasons.unreadable} <span class="small">{detail}</span>
          </li>
        ))}
      </ul>
    </details>
  );
};
