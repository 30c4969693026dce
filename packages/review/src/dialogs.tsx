import type { Archive, BulkResult, Group } from "@lookalike/client";
import { signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { api, request } from "./api.ts";
import { Button } from "./button.tsx";
import { bytesText, countText, KIND_TEXT } from "./facts.ts";
import { reloadGroups } from "./groups.ts";
import { KEYS } from "./keyboard.ts";
import { openCatalogId, refreshStatistics, statistics } from "./open-catalog.ts";
import { dialog } from "./view-state.ts";

export const Dialogs = () => {
  const Open = dialog.value === null ? null : DIALOGS[dialog.value];
  return Open && <Open />;
};

const close = (): void => {
  dialog.value = null;
};

const Modal = ({ title, children }: { title: string; children: ComponentChildren }) => {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => element.current?.showModal(), []);
  return (
    <dialog ref={element} onClose={close} aria-labelledby="dialog-title">
      <h2 id="dialog-title">{title}</h2>
      {children}
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
};

const HelpDialog = () => (
  <Modal title="Keys">
    <table>
      <tbody>
        {KEYS.map(({ label, about }) => (
          <tr key={label}>
            <th scope="row">
              <kbd>{label}</kbd>
            </th>
            <td>{about}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </Modal>
);

/** A preview is requested when nothing was typed for this long. */
const TYPING_PAUSE_MS = 200;

/** Decides all groups of some kinds by one rule. A preview shows first what that does. */
const BulkDialog = () => {
  const kinds = useSignal<readonly Group["kind"][]>(["exact"]);
  const keepUnder = useSignal("");
  const preview = useSignal<BulkResult | null>(null);
  const job = statistics.value?.job ?? null;
  const acceptAll = (job: string, isPreview: boolean) =>
    request(
      api.POST("/v1/jobs/{job}/decisions", {
        params: { path: { job } },
        body: { kinds: [...kinds.value], keepUnder: keepUnder.value || null, preview: isPreview },
      }),
    );
  useEffect(() => {
    preview.value = null;
    if (job === null || kinds.value.length === 0) return undefined;
    let isStale = false;
    const timer = setTimeout(async () => {
      const result = await acceptAll(job, true);
      if (!isStale) preview.value = result ?? null;
    }, TYPING_PAUSE_MS);
    return () => {
      isStale = true;
      clearTimeout(timer);
    };
  }, [kinds.value, keepUnder.value]);
  const accept = async (): Promise<void> => {
    if (job === null || (await acceptAll(job, false)) === undefined) return;
    close();
    await Promise.all([refreshStatistics(), reloadGroups()]);
  };
  return (
    <Modal title="Accept many at once">
      <p>In every undecided group of these kinds, keep the suggested picture and let the others go.</p>
      <ul class="plain">
        {statistics.value?.byKind.map(({ kind, undecided }) => (
          <li key={kind}>
            <label>
              <input
                type="checkbox"
                checked={kinds.value.includes(kind)}
                onChange={({ currentTarget }) => {
                  const others = kinds.value.filter((other) => other !== kind);
                  kinds.value = currentTarget.checked ? [...others, kind] : others;
                }}
              />{" "}
              {KIND_TEXT[kind]}: {countText(undecided, "group")}
            </label>
          </li>
        ))}
      </ul>
      <label>
        Or keep what is in this folder, and let its copies elsewhere go:{" "}
        <input
          type="text"
          placeholder="2019/library"
          value={keepUnder.value}
          onInput={({ currentTarget }) => (keepUnder.value = currentTarget.value.trim())}
        />
      </label>
      <p role="status">
        {preview.value === null
          ? "…"
          : `Decides ${countText(preview.value.groups, "group")}: keeps ${preview.value.kept}, lets ${countText(preview.value.removed, "picture")} go, ${bytesText(preview.value.reclaimableBytes)}. Nothing is moved yet, and each can be undone.`}
      </p>
      <Button text="Accept" class="primary" disabled={!preview.value?.groups} onClick={() => void accept()} />
    </Modal>
  );
};

const archives = signal<readonly Archive[]>([]);

const POLL_MS = 500;

const isMoving = ({ state }: Archive): boolean => state === "archiving" || state === "restoring";

/** Reads the catalog's archives, and repeats that while files are moving. */
const readArchives = async (catalog: string): Promise<void> => {
  const page = await request(api.GET("/v1/catalogs/{catalog}/archives", { params: { path: { catalog } } }));
  archives.value = page?.items ?? [];
  if (archives.value.some(isMoving)) setTimeout(() => void readArchives(catalog), POLL_MS);
};

const startArchive = async (catalog: string): Promise<void> => {
  await request(api.POST("/v1/catalogs/{catalog}/archives", { params: { path: { catalog } } }));
  await readArchives(catalog);
};

const restoreArchive = async ({ id, catalog }: Archive): Promise<void> => {
  await request(api.POST("/v1/archives/{archive}/restore", { params: { path: { archive: id } } }));
  await readArchives(catalog);
};

const ArchiveDialog = () => {
  const id = openCatalogId();
  useEffect(() => void readArchives(id), [id]);
  const job = statistics.value?.job;
  const isBusy = archives.value.some(isMoving);
  return (
    <Modal title="Archive">
      <p>
        Moves the pictures that were let go into an archive folder of the same disk, beside a list of them. Nothing is
        deleted, and all of it can be put back.
      </p>
      <Button text="Archive what is decided" class="primary" onClick={() => void startArchive(id)} disabled={isBusy} />
      <ul class="plain">
        {archives.value.map((archive) => (
          <li key={archive.id}>
            <p>
              <strong>{archive.state}</strong>: {archive.movedFiles} of {countText(archive.totalFiles, "file")},{" "}
              {bytesText(archive.movedBytes)}, {archive.startedAt.slice(0, 16).replace("T", " ")}
              <br />
              <code>{archive.folder}</code>
            </p>
            {archive.refusals.length > 0 && (
              <details>
                <summary>{countText(archive.refusals.length, "file")} left alone</summary>
                <ul>
                  {archive.refusals.map(({ path, reason }) => (
                    <li key={path}>
                      {path}: {reason}
                    </li>
                  ))}
                </ul>
              </details>
            )}
            {archive.state === "archived" && <Button text="Restore" onClick={() => void restoreArchive(archive)} />}
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

const DIALOGS = { bulk: BulkDialog, archive: ArchiveDialog, help: HelpDialog };
