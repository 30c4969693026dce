import { printableLine } from "@lookalike/shared/runtime/printable";
import { useSignal } from "@preact/signals";
import { api, request } from "../api.ts";
import { Modal } from "../parts/modal.tsx";
import { goTo, openCatalog } from "../session.ts";
import { closeDialog } from "../shell/places.ts";
import { strings } from "../strings/strings.ts";
import { FolderPicker } from "./folder-picker.tsx";
import { libraries, startJob } from "./library-store.ts";

const lastName = (path: string): string => printableLine(path.split("/").findLast((name) => name !== "") ?? path);

/** Creates a library over a folder, and scans it. */
export const NewLibrary = () => {
  const t = strings.value;
  const path = useSignal<string | null>(null);
  const name = useSignal("");
  const isNamed = useSignal(false);
  const create = async (root: string): Promise<void> => {
    const source = { kind: "directory" as const, root };
    const catalog = await request(api.POST("/v1/catalogs", { body: { name: name.value, source } }));
    if (catalog === undefined) return;
    libraries.value = [{ catalog, statistics: null, jobs: null }, ...(libraries.value ?? [])];
    closeDialog();
    openCatalog(catalog.id);
    goTo("libraries", catalog.id);
    await startJob(catalog.id, "new");
  };
  return (
    <form
      class="new-library"
      onSubmit={(event) => {
        event.preventDefault();
        if (path.value !== null) void create(path.value);
      }}
    >
      <FolderPicker
        choose={(chosen) => {
          path.value = chosen;
          if (!isNamed.value) name.value = chosen === null ? "" : lastName(chosen);
        }}
      />
      <label class="field">
        <span>{t.libraryName}</span>
        <input
          name="name"
          required
          maxLength={200}
          value={name.value}
          onInput={({ currentTarget }) => {
            name.value = currentTarget.value;
            isNamed.value = true;
          }}
        />
      </label>
      <button type="submit" class="primary" disabled={path.value === null}>
        {t.scanThisFolder}
      </button>
      <p class="small">{t.scanThisFolderHint}</p>
    </form>
  );
};

export const LibraryDialog = () => (
  <Modal title={strings.value.addLibrary}>
    <NewLibrary />
  </Modal>
);
