import type { BulkResult, Group } from "@lookalike/client";
import { keepersByRule } from "@lookalike/shared/domain/review/bulk-rule";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api, request } from "../api.ts";
import { openCatalogId, openStatistics, refreshStatistics } from "../libraries/library-store.ts";
import { Button } from "../parts/button.tsx";
import { Modal } from "../parts/modal.tsx";
import { reloadGroups } from "../review/groups.ts";
import { closeDialog } from "../shell/places.ts";
import { bytesText, numberText } from "../strings/format.ts";
import { strings } from "../strings/strings.ts";
import { GroupPictures } from "./group-tile.tsx";
import { ACCEPTED_KINDS, accepted, type DecidedByRule, isByRule, mayGo } from "./selection.ts";

/** A preview is requested when nothing was typed for this long. */
const TYPING_PAUSE_MS = 200;
/** Groups that are read for the pictures of a preview, and those that are shown. */
const READ = 200;
const SHOWN = 8;

interface Rule {
  readonly kinds: readonly DecidedByRule[];
  /** The folder whose pictures all stay; empty: the suggested picture stays. */
  readonly keepUnder: string;
}

interface Preview {
  readonly counts: BulkResult;
  readonly examples: readonly { readonly group: Group; readonly keep: ReadonlySet<number> }[];
}

const sendRule = (job: string, { kinds, keepUnder }: Rule, preview: boolean) =>
  request(
    api.POST("/v1/jobs/{job}/decisions", {
      params: { path: { job } },
      body: { kinds: [...kinds], keepUnder: keepUnder || null, minReclaimableBytes: 0, preview },
    }),
  );

/** The first groups that the rule decides, as it decides them. */
const readExamples = async (job: string, { kinds, keepUnder }: Rule): Promise<Preview["examples"]> => {
  const examples: { group: Group; keep: ReadonlySet<number> }[] = [];
  for (const kind of kinds) {
    const query = { kind, decided: "false" as const, order: "reclaimable" as const, limit: READ };
    const page = await request(api.GET("/v1/jobs/{job}/groups", { params: { path: { job }, query } }));
    for (const group of page?.items ?? []) {
      const members = group.members.map((member) => ({
        ...member,
        bytes: member.bytes ?? 0,
        isDamaged: member.damaged !== undefined,
        mayGo: mayGo(member),
      }));
      const keep = keepersByRule({ ...group, members }, keepUnder || null);
      if (keep !== null) examples.push({ group, keep: new Set(keep) });
      if (examples.length === SHOWN) return examples;
    }
  }
  return examples;
};

/** Decides all groups of some kinds by one rule. A preview shows first what that does, as numbers and as pictures. */
export const RuleDialog = () => {
  const t = strings.value;
  const kinds = useSignal<readonly DecidedByRule[]>(ACCEPTED_KINDS);
  const keepUnder = useSignal("");
  const preview = useSignal<Preview | null>(null);
  const job = openStatistics.value?.job ?? null;
  const rule = { kinds: kinds.value, keepUnder: keepUnder.value };
  useEffect(() => {
    preview.value = null;
    if (job === null || kinds.value.length === 0) return undefined;
    let isStale = false;
    const timer = setTimeout(async () => {
      const [counts, examples] = await Promise.all([sendRule(job, rule, true), readExamples(job, rule)]);
      if (!isStale && counts !== undefined) preview.value = { counts, examples };
    }, TYPING_PAUSE_MS);
    return () => {
      isStale = true;
      clearTimeout(timer);
    };
  }, [kinds.value, keepUnder.value]);
  const accept = async (): Promise<void> => {
    const result = job === null ? undefined : await sendRule(job, rule, false);
    if (result === undefined) return;
    accepted.value = result.groups;
    closeDialog();
    await Promise.all([refreshStatistics(openCatalogId()), reloadGroups()]);
  };
  const counts = preview.value?.counts;
  return (
    <Modal
      title={t.ruleTitle}
      wide
      actions={
        <Button
          class="primary"
          text={counts === undefined ? t.accept : t.acceptGroups(counts.groups)}
          disabled={!counts?.groups}
          onClick={() => void accept()}
        />
      }
    >
      <fieldset class="choices">
        <legend>{t.ruleKinds}</legend>
        {openStatistics.value?.byKind.map(({ kind, undecided }) =>
          !isByRule(kind) ? null : (
            <label key={kind}>
              <input
                type="checkbox"
                checked={kinds.value.includes(kind)}
                onChange={({ currentTarget }) => {
                  const others = kinds.value.filter((other) => other !== kind);
                  kinds.value = currentTarget.checked ? [...others, kind] : others;
                }}
              />{" "}
              {t.kinds[kind]} <span class="small">{numberText(undecided)}</span>
            </label>
          ),
        )}
      </fieldset>
      <label class="field">
        <span>{t.ruleFolder}</span>
        <input
          type="text"
          placeholder={t.ruleFolderExample}
          value={keepUnder.value}
          onInput={({ currentTarget }) => (keepUnder.value = currentTarget.value.trim())}
        />
      </label>
      <p role="status">
        {counts === undefined
          ? t.loading
          : t.ruleResult(counts.groups, numberText(counts.kept), counts.removed, bytesText(counts.reclaimableBytes))}
      </p>
      <ul class="grid examples" aria-label={t.examples}>
        {preview.value?.examples.map(({ group, keep }) => (
          <li key={group.number} class="tile">
            <GroupPictures group={group} keep={keep} />
          </li>
        ))}
      </ul>
    </Modal>
  );
};
