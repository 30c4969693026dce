import { useSignal } from "@preact/signals";
import { api, request } from "../api.ts";
import { Button } from "../parts/button.tsx";
import { Modal } from "../parts/modal.tsx";
import { closeDialog } from "../shell/places.ts";
import { strings } from "../strings/strings.ts";
import { changeLibrary, isScanning, openCatalogId, openLibrary, startJob } from "./library-store.ts";

const linesOf = (text: string): string[] => text.split("\n").filter((line) => line.trim() !== "");

/** Chooses which files the open catalog's next scan lists. */
export const FilesDialog = () => {
  const t = strings.value;
  const library = openLibrary.value;
  const source = library?.catalog.source;
  const globs = source === undefined || source.kind === "hashes" ? { include: [], exclude: [] } : source;
  const include = useSignal(globs.include.join("\n"));
  const exclude = useSignal(globs.exclude.join("\n"));
  const save = async (scans: boolean): Promise<void> => {
    const id = openCatalogId();
    const params = { path: { catalog: id } };
    const body = { include: linesOf(include.value), exclude: linesOf(exclude.value) };
    const changed = await request(api.PATCH("/v1/catalogs/{catalog}", { params, body }));
    if (changed === undefined) return;
    changeLibrary(id, { catalog: changed });
    closeDialog();
    if (scans) await startJob(id, "new");
  };
  const isBusy = library !== null && isScanning(library);
  return (
    <Modal
      title={t.whichFiles}
      actions={
        <>
          <Button text={t.saveAndScan} class="primary" disabled={isBusy} onClick={() => void save(true)} />
          <Button text={t.save} onClick={() => void save(false)} />
        </>
      }
    >
      <p>{t.whichFilesHint}</p>
      <label class="field">
        <span>{t.leaveOut}</span>
        <textarea
          name="exclude"
          rows={4}
          value={exclude.value}
          onInput={({ currentTarget }) => (exclude.value = currentTarget.value)}
        />
      </label>
      <label class="field">
        <span>{t.listOnly}</span>
        <textarea
          name="include"
          rows={3}
          value={include.value}
          onInput={({ currentTarget }) => (include.value = currentTarget.value)}
        />
      </label>
    </Modal>
  );
};
