import type { Archive } from "@lookalike/client";
import { Button } from "../parts/button.tsx";
import { bytesText, momentText, numberText } from "../strings/format.ts";
import { strings } from "../strings/strings.ts";
import { isMoving, isRestorable, restoreArchive } from "./archives.ts";

/** Space as the disk counts it. */
const freedText = ({ state, movedFiles, freedBytes, deletedFiles, deletedBytes }: Archive): string => {
  const t = strings.value;
  if (deletedFiles > 0) return t.deletedForGood(deletedFiles, bytesText(deletedBytes));
  if (state !== "archived" || movedFiles === 0) return "";
  return freedBytes > 0 ? t.freed(bytesText(freedBytes)) : t.nothingFreed;
};

/** One archive: how many files, where they are, what was left alone, and the way back. */
export const ArchiveCard = ({ archive, isBusy }: { archive: Archive; isBusy: boolean }) => {
  const t = strings.value;
  const { state, movedFiles, movedBytes, archivedFiles, totalFiles, startedAt, folder, refusals } = archive;
  const files = archivedFiles ?? totalFiles;
  return (
    <li class="panel archive" aria-label={momentText(startedAt)}>
      <div class="library-head">
        <div>
          <h3>
            {momentText(startedAt)} <span class={`state ${state}`}>{t.archiveStates[state]}</span>
          </h3>
          <p>
            {t.movedOf(numberText(movedFiles), files)} · {bytesText(movedBytes)}
          </p>
          <p class="path">
            <bdi>{folder}</bdi>
          </p>
          <p class="small">{freedText(archive)}</p>
        </div>
        {isRestorable(archive) && (
          <Button
            text={state === "archived" ? t.restore : t.restoreRest}
            disabled={isBusy}
            onClick={() => void restoreArchive(archive)}
          />
        )}
      </div>
      {isMoving(archive) && (
        <progress aria-label={t.archiveStates[state]} value={movedFiles} max={Math.max(1, files)} />
      )}
      {refusals.length > 0 && (
        <details>
          <summary class="amber">
            {state === "restored" ? t.restoredWithLoss(refusals.length) : t.leftAlone(refusals.length)}
          </summary>
          <ul class="files">
            {refusals.map(({ path, reason }) => (
              <li key={path}>
                <b>{path}</b> <span class="small">{reason}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
      {archive.withdrawnDecisions > 0 && <p class="small">{t.decisionsTakenBack(archive.withdrawnDecisions)}</p>}
    </li>
  );
};
