import { useSignal } from "@preact/signals";
import { openCatalogId } from "../libraries/library-store.ts";
import { Button } from "../parts/button.tsx";
import { Modal } from "../parts/modal.tsx";
import { closeDialog } from "../shell/places.ts";
import { strings } from "../strings/strings.ts";
import { startArchive } from "./archives.ts";

/** Says what archiving does before it moves a file. */
export const ArchiveDialog = () => {
  const t = strings.value;
  const to = useSignal("");
  return (
    <Modal
      title={t.archiveDecided}
      actions={
        <Button
          class="primary"
          text={t.moveNow}
          onClick={() => {
            const id = openCatalogId();
            closeDialog();
            void startArchive(id, to.value.trim());
          }}
        />
      }
    >
      <p>{t.archiveConfirm}</p>
      <label class="field">
        <span>{t.otherFolder}</span>
        <input type="text" value={to.value} onInput={({ currentTarget }) => (to.value = currentTarget.value)} />
      </label>
    </Modal>
  );
};
