import type { BulkResult, Group } from "@lookalike/client";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api, request } from "./api.ts";
import { ArchiveDialog } from "./archive-dialog.tsx";
import { Button } from "./button.tsx";
import { bytesText, countText, KIND_TEXT } from "./facts.ts";
import { FilesDialog } from "./files-dialog.tsx";
import { reloadGroups } from "./groups.ts";
import { KEYS } from "./keyboard.ts";
import { closeDialog, Modal } from "./modal.tsx";
import { refreshStatistics, statistics } from "./open-catalog.ts";
import { dialog } from "./view-state.ts";

export const Dialogs = () => {
  const Open = dialog.value === null ? null : DIALOGS[dialog.value];
  return Open && <Open />;
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

type DecidedByRule = Exclude<Group["kind"], "partial">;

/** Decides all groups of some kinds by one rule. A preview shows first what that does. */
const BulkDialog = () => {
  const kinds = useSignal<readonly DecidedByRule[]>(["exact"]);
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
    closeDialog();
    await Promise.all([refreshStatistics(), reloadGroups()]);
  };
  return (
    <Modal title="Accept many at once">
      <p>In every undecided group of these kinds, keep the suggested picture and let the others go.</p>
      <ul class="plain">
        {statistics.value?.byKind.map(({ kind, undecided }) =>
          kind === "partial" ? null : (
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
          ),
        )}
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

const DIALOGS = { bulk: BulkDialog, archive: ArchiveDialog, files: FilesDialog, help: HelpDialog };
