import type { Catalog, Job } from "@lookalike/client";
import { useEffect } from "preact/hooks";
import { Button } from "../parts/button.tsx";
import { openCatalog } from "../session.ts";
import { addressOf, dialog } from "../shell/places.ts";
import { bytesText, momentText, numberText } from "../strings/format.ts";
import { strings } from "../strings/strings.ts";
import { JobProgress } from "./job-progress.tsx";
import { isScanning, type Library, newestJob, refreshLibrary, startJob } from "./library-store.ts";
import { Problems } from "./problems.tsx";
import { RunHistory } from "./run-history.tsx";

/** Where a library's pictures are, as text. */
const sourceText = ({ source }: Catalog): string => {
  switch (source.kind) {
    case "directory":
      return source.root;
    case "s3":
      return `s3://${source.bucket}/${source.prefix}`;
    case "hashes":
      return source.file;
  }
};

/** A library: how much is in it, what is left to review, and how its last scan went. */
export const LibraryCard = ({ library }: { library: Library }) => {
  const { catalog, statistics } = library;
  const job = newestJob(library);
  useEffect(() => {
    if (library.jobs === null) void refreshLibrary(catalog.id);
  }, [catalog.id]);
  return (
    <li class="panel library" aria-label={catalog.name}>
      <div class="library-head">
        <div>
          <h3>{catalog.name}</h3>
          <p class="path">
            <bdi>{sourceText(catalog)}</bdi>
          </p>
        </div>
        {statistics !== null && statistics.undecided > 0 && (
          <a class="button primary" href={addressOf("review", catalog.id)}>
            {strings.value.reviewGroups(statistics.undecided)}
          </a>
        )}
      </div>
      {statistics !== null && <Numbers library={library} />}
      {job !== null && isScanning(library) && <JobProgress job={job} />}
      {job !== null && !isScanning(library) && <Outcome job={job} />}
      {library.jobs !== null && <RunHistory jobs={library.jobs} />}
      {job !== null && !isScanning(library) && <Problems job={job} />}
      {library.jobs !== null && !isScanning(library) && <Tools library={library} />}
    </li>
  );
};

const Numbers = ({ library: { statistics } }: { library: Library }) => {
  const t = strings.value;
  if (statistics === null) return null;
  return (
    <dl class="numbers">
      <div>
        <dt>{t.picturesHeading}</dt>
        <dd>{numberText(statistics.images)}</dd>
      </div>
      <div>
        <dt>{t.toReview}</dt>
        <dd>{numberText(statistics.undecided)}</dd>
      </div>
      <div>
        <dt>{t.inCopies}</dt>
        <dd>{bytesText(statistics.reclaimableBytes)}</dd>
      </div>
    </dl>
  );
};

/** How the last scan ended, and what to do where it did not complete. */
const Outcome = ({ job }: { job: Job }) => {
  const t = strings.value;
  return (
    <div class="outcome" role="status">
      <p class={job.state === "completed" ? "small" : "note"}>
        {job.state === "completed" &&
          t.scanned(job.totalImages, job.finishedAt === null ? "" : momentText(job.finishedAt))}
        {job.state === "failed" && t.scanFailed(job.failure ?? "")}
        {job.state === "cancelled" && t.scanCancelled}
      </p>
      {job.missingImages !== null && (
        <Button
          text={t.scanWithoutMissing(job.missingImages)}
          onClick={() => void startJob(job.catalog, "new", true)}
        />
      )}
    </div>
  );
};

const Tools = ({ library: { catalog, jobs, statistics } }: { library: Library }) => {
  const t = strings.value;
  const isFirst = jobs?.length === 0;
  return (
    <div class="library-tools">
      <Button
        class={isFirst ? "primary" : ""}
        text={isFirst ? t.scan : t.scanAgain}
        onClick={() => void startJob(catalog.id, "new")}
      />
      {catalog.source.kind !== "hashes" && (
        <Button
          text={t.whichFiles}
          onClick={() => {
            openCatalog(catalog.id);
            dialog.value = "files";
          }}
        />
      )}
      {statistics !== null && statistics.groups > 0 && statistics.undecided === 0 && (
        <a class="button" href={addressOf("review", catalog.id)}>
          {t.lookAtGroups}
        </a>
      )}
    </div>
  );
};
