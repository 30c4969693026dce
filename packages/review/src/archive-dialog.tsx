import type { Archive } from "@lookalike/client";
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api, request } from "./api.ts";
import { Button } from "./button.tsx";
import { bytesText, countText } from "./facts.ts";
import { reloadGroups } from "./groups.ts";
import { Modal } from "./modal.tsx";
import { openCatalogId, refreshStatistics, statistics } from "./open-catalog.ts";

const archives = signal<readonly Archive[]>([]);

const POLL_MS = 500;

const MOVING: readonly Archive["state"][] = ["archiving", "restoring", "emptying"];
const isMoving = ({ state }: Archive): boolean => MOVING.includes(state);

/** Space as the disk counts it. */
const freedText = ({ state, movedFiles, freedBytes, deletedFiles, deletedBytes }: Archive): string => {
  if (deletedFiles > 0) return `${countText(deletedFiles, "file")} deleted for good, ${bytesText(deletedBytes)} freed`;
  if (state !== "archived" || movedFiles === 0) return "";
  return freedBytes > 0 ? `${bytesText(freedBytes)} freed` : "nothing freed yet: they are on the same disk";
};

/** Reads the catalog's archives, and repeats that while files are moving. */
const readArchives = async (catalog: string): Promise<void> => {
  const page = await request(api.GET("/v1/catalogs/{catalog}/archives", { params: { path: { catalog } } }));
  archives.value = page?.items ?? [];
  if (!archives.value.some(isMoving)) return;
  await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  await readArchives(catalog);
};

const startArchive = async (catalog: string): Promise<void> => {
  await request(api.POST("/v1/catalogs/{catalog}/archives", { params: { path: { catalog } } }));
  await readArchives(catalog);
};

/** Decisions are taken back by a restore, so the groups are read again. */
const restoreArchive = async ({ id, catalog }: Archive): Promise<void> => {
  const path = { archive: id };
  const answer = await api.POST("/v1/archives/{archive}/restore", { params: { path } });
  const isTrusted = answer.error === undefined || !answer.error.type.endsWith(":manifest-not-trusted");
  if (isTrusted) await request(Promise.resolve(answer));
  else if (confirm(`${answer.error.detail}\n\nRestore what it says?`))
    await request(api.POST("/v1/archives/{archive}/restore", { params: { path, query: { confirmManifest: "true" } } }));
  await readArchives(catalog);
  await Promise.all([refreshStatistics(), reloadGroups()]);
};

export const ArchiveDialog = () => {
  const id = openCatalogId();
  useEffect(() => void readArchives(id), [id]);
  const job = statistics.value?.job;
  const isBusy = archives.value.some(isMoving);
  return (
    <Modal title="Archive">
      <p>
        Moves the pictures that were let go into an archive folder of the same disk, beside a list of them. Nothing is
        deleted, and all of it can be put back; so nothing is freed yet.
      </p>
      <Button text="Archive what is decided" class="primary" onClick={() => void startArchive(id)} disabled={isBusy} />
      <ul class="plain">
        {archives.value.map((archive) => (
          <li key={archive.id}>
            <p>
              <strong>{archive.state}</strong>: {archive.movedFiles} of{" "}
              {countText(archive.archivedFiles ?? archive.totalFiles, "file")}, {bytesText(archive.movedBytes)},{" "}
              {archive.startedAt.slice(0, 16).replace("T", " ")}
              <br />
              <code>{archive.folder}</code>
              <br />
              {freedText(archive)}
            </p>
            {archive.refusals.length > 0 && (
              <details>
                <summary>
                  {countText(archive.refusals.length, "file")}{" "}
                  {archive.state === "restored" ? "restored with a loss" : "left alone"}
                </summary>
                <ul>
                  {archive.refusals.map(({ path, reason }) => (
                    <li key={path}>
                      {path}: {reason}
                    </li>
                  ))}
                </ul>
              </details>
            )}
            {archive.withdrawnDecisions > 0 && (
              <p>
                {countText(archive.withdrawnDecisions, "decision")} taken back: what was restored is not archived again
                until you decide again.
              </p>
            )}
            {archive.state === "archived" && <Button text="Restore" onClick={() => void restoreArchive(archive)} />}
            {archive.state === "partly-restored" && (
              <Button text="Restore the rest" onClick={() => void restoreArchive(archive)} />
            )}
          </li>
        ))}
      </ul>
      {job !== undefined && job !== null && (
        <p>
          Or do it yourself, with what was decided:{" "}
          {(["csv", "ndjson", "sh", "tags"] as const).map((format) => (
            <>
              <a key={format} href={`/v1/jobs/${job}/export?format=${format}`} download>
                {format}
              </a>{" "}
            </>
          ))}
        </p>
      )}
    </Modal>
  );
};
