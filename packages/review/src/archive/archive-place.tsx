import { useEffect } from "preact/hooks";
import { openLibrary } from "../libraries/library-store.ts";
import { Button } from "../parts/button.tsx";
import { addressOf, dialog } from "../shell/places.ts";
import { strings } from "../strings/strings.ts";
import { ArchiveCard } from "./archive-card.tsx";
import { archives, isMoving, isRestorable, readArchives, recoverArchives, restoreArchive } from "./archives.ts";

const EXPORTS = ["csv", "ndjson", "sh", "tags"] as const;

/** What was archived, and when; all of it can be put back. */
export const ArchivePlace = () => {
  const t = strings.value;
  const library = openLibrary.value;
  const id = library?.catalog.id;
  useEffect(() => {
    archives.value = null;
    if (id !== undefined) void readArchives(id);
  }, [id]);
  if (library === null || id === undefined)
    return (
      <main class="empty">
        <p>{t.noLibrary}</p>
        <a class="button primary" href={addressOf("libraries", null)}>
          {t.goToLibraries}
        </a>
      </main>
    );
  const all = archives.value ?? [];
  const restorable = all.filter(isRestorable);
  const isBusy = all.some(isMoving);
  return (
    <main class="page">
      <div class="page-head">
        <h2>{t.placeNames.archive}</h2>
        <Button class="primary" text={t.archiveDecided} disabled={isBusy} onClick={() => (dialog.value = "archive")} />
      </div>
      <p class="lead">{t.archiveHint}</p>
      {archives.value === null && <p role="status">{t.loading}</p>}
      {archives.value?.length === 0 && <p class="empty">{t.nothingArchived}</p>}
      <ul class="archives">
        {all.map((archive) => (
          <ArchiveCard key={archive.id} archive={archive} isBusy={isBusy} />
        ))}
      </ul>
      <div class="page-foot">
        {restorable.length > 1 && (
          <Button
            text={t.restoreAll(restorable.length)}
            disabled={isBusy}
            onClick={() => void restoreAll(restorable)}
          />
        )}
        {restorable.length > 0 && (
          <Button text={t.emptyArchive} disabled={isBusy} onClick={() => (dialog.value = "empty")} />
        )}
        {library.catalog.source.kind === "directory" && (
          <Button text={t.findArchives} disabled={isBusy} onClick={() => void recoverArchives(id)} />
        )}
      </div>
      <Exports job={library.statistics?.job ?? null} />
    </main>
  );
};

const restoreAll = async (restorable: Parameters<typeof restoreArchive>[0][]): Promise<void> => {
  for (const archive of restorable) await restoreArchive(archive);
};

/** Files of what was decided, for those who move their pictures themselves. */
const Exports = ({ job }: { job: string | null }) => {
  const t = strings.value;
  if (job === null) return null;
  return (
    <p class="small">
      {t.exportHint}{" "}
      {EXPORTS.map((format) => (
        <a key={format} class="export" href={`/v1/jobs/${job}/export?format=${format}`} download>
          {t.exports[format]}
        </a>
      ))}
    </p>
  );
};
