import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api, request } from "../api.ts";
import { openCatalogId } from "../libraries/library-store.ts";
import { Button } from "../parts/button.tsx";
import { Modal } from "../parts/modal.tsx";
import { closeDialog } from "../shell/places.ts";
import { bytesText } from "../strings/format.ts";
import { strings } from "../strings/strings.ts";
import { readArchives } from "./archives.ts";

const DAY_SECONDS = 86_400;
const AGES_DAYS = [0, 30, 90, 365] as const;

/** Deletes archived files for good: first it says how many, and nothing happens before that is confirmed. */
export const EmptyDialog = () => {
  const t = strings.value;
  const days = useSignal(30);
  const isSure = useSignal(false);
  const counts = useSignal<{ readonly files: number; readonly bytes: number } | null>(null);
  const empty = (confirm?: { files: number; bytes: number }) =>
    request(
      api.POST("/v1/catalogs/{catalog}/archives/empty", {
        params: { path: { catalog: openCatalogId() } },
        body: { olderThanSeconds: days.value * DAY_SECONDS, ...(confirm === undefined ? {} : { confirm }) },
      }),
    );
  useEffect(() => {
    counts.value = null;
    isSure.value = false;
    const requested = days.value;
    void empty().then((preview) => {
      if (days.value === requested) counts.value = preview ?? null;
    });
  }, [days.value]);
  const confirm = async ({ files, bytes }: { files: number; bytes: number }): Promise<void> => {
    if ((await empty({ files, bytes })) === undefined) return;
    closeDialog();
    await readArchives(openCatalogId());
  };
  const preview = counts.value;
  return (
    <Modal
      title={t.emptyArchive}
      actions={
        <Button
          class="danger"
          text={t.deleteForGood}
          disabled={preview === null || preview.files === 0 || !isSure.value}
          onClick={() => preview !== null && void confirm(preview)}
        />
      }
    >
      <label class="field">
        <span>{t.olderThan}</span>
        <select value={days.value} onChange={({ currentTarget }) => (days.value = Number(currentTarget.value))}>
          {AGES_DAYS.map((age) => (
            <option key={age} value={age}>
              {age === 0 ? t.anyAge : t.days(age)}
            </option>
          ))}
        </select>
      </label>
      <p role="status">{preview === null ? t.loading : t.wouldDelete(preview.files, bytesText(preview.bytes))}</p>
      <label>
        <input
          type="checkbox"
          checked={isSure.value}
          disabled={preview === null || preview.files === 0}
          onChange={({ currentTarget }) => (isSure.value = currentTarget.checked)}
        />{" "}
        {t.cannotBeUndone}
      </label>
    </Modal>
  );
};
