import type { Group } from "@lookalike/client";
import { signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Button } from "./button.tsx";
import { bytesText, factsOf, fileName, KIND_TEXT, type Member, REASON_TEXT } from "./facts.ts";
import {
  busy,
  current,
  decide,
  decided,
  decideKeep,
  decideKeepAll,
  groups,
  keep,
  position,
  show,
  toggleKeep,
  undo,
} from "./groups.ts";
import { openCatalogId } from "./open-catalog.ts";
import { Picture } from "./picture.tsx";
import { COMPARISONS, comparison, zoom } from "./view-state.ts";

/** The member that the keeper is compared with in blink and difference. */
const compared = signal(0);
const MEMBERS_SHOWN = 60;

export const GroupView = () => {
  const group = current.value;
  useEffect(() => {
    compared.value = 0;
    zoom.value = { scale: 1, x: 0.5, y: 0.5 };
  }, [group?.number]);
  if (group === null) return null;
  return (
    <article aria-label={`Group ${position.value + 1}`}>
      <Headline group={group} />
      {comparison.value === "side by side" ? <SideBySide group={group} /> : <Together group={group} />}
      <Actions group={group} />
    </article>
  );
};

const Headline = ({ group }: { group: Group }) => (
  <div class="headline">
    <h2>
      {KIND_TEXT[group.kind]}, {bytesText(group.reclaimableBytes)} in copies
    </h2>
    {group.reopened !== null && (
      <p class="note">
        Decided before ({group.reopened.verdict === "keep" ? "kept" : "not duplicates"}): another picture has joined
        since.
      </p>
    )}
    {group.decision !== null && (
      <p class="note">
        Decided: {group.decision.verdict === "keep" ? `${group.decision.keep.length} kept` : "not duplicates"}.
        {group.decision.undoes === null ? "" : " A file's metadata has changed since; its picture is the same."}
      </p>
    )}
    <fieldset class="comparisons">
      <legend class="visually-hidden">Compare</legend>
      {COMPARISONS.map((choice) => (
        <label key={choice}>
          <input
            type="radio"
            name="comparison"
            checked={comparison.value === choice}
            onChange={() => (comparison.value = choice)}
          />
          {choice}
        </label>
      ))}
    </fieldset>
  </div>
);

const SideBySide = ({ group }: { group: Group }) => {
  const members = group.members.slice(0, MEMBERS_SHOWN);
  const facts = factsOf(members);
  return (
    <ol class="members">
      {members.map((member, at) => (
        <li key={member.ordinal} class={keep.value.has(member.ordinal) ? "member kept" : "member"}>
          <figure>
            <Picture catalog={openCatalogId()} member={member} />
            <figcaption>
              <MemberChoice group={group} member={member} at={at} />
              <dl>
                {facts.map(({ name, values, differs }) => (
                  <div key={name} class={differs ? "differs" : ""}>
                    <dt>{name}</dt>
                    <dd>{values[at]}</dd>
                  </div>
                ))}
                <div>
                  <dt>Distance</dt>
                  <dd>{member.ordinal === group.keeper ? "–" : distanceText(member)}</dd>
                </div>
              </dl>
            </figcaption>
          </figure>
        </li>
      ))}
      {group.members.length > MEMBERS_SHOWN && (
        <li class="member">… and {group.members.length - MEMBERS_SHOWN} more, decided with the others.</li>
      )}
    </ol>
  );
};

const distanceText = ({ distance }: Member): string => (distance === null ? "equal bytes" : `${distance} bits`);

const MemberChoice = ({ group, member, at }: { group: Group; member: Member; at: number }) => (
  <label class="choice">
    <input
      type="checkbox"
      checked={keep.value.has(member.ordinal)}
      disabled={group.decision !== null}
      onChange={() => toggleKeep(member.ordinal)}
    />
    <span>
      {at < 9 && <kbd>{at + 1}</kbd>} keep <strong>{fileName(member.path)}</strong>
      {member.ordinal === group.keeper && <em> suggested: {REASON_TEXT[group.keeperReason]}</em>}
    </span>
  </label>
);

const BLINK_MS = 600;

/** The keeper and one other in the same place: in turn, or their difference. */
const Together = ({ group }: { group: Group }) => {
  const shown = useSignal(false);
  useEffect(() => {
    if (comparison.value !== "blink") return;
    const timer = setInterval(() => (shown.value = !shown.value), BLINK_MS);
    return () => clearInterval(timer);
  }, [comparison.value]);
  const keeper = group.members.find(({ ordinal }) => ordinal === group.keeper);
  const others = group.members.filter(({ ordinal }) => ordinal !== group.keeper).slice(0, MEMBERS_SHOWN);
  const other = others[compared.value] ?? others[0];
  if (keeper === undefined || other === undefined) return null;
  const id = openCatalogId();
  return (
    <div class="together">
      <div class={comparison.value === "difference" ? "stack difference" : "stack"}>
        <Picture catalog={id} member={keeper} />
        <div class={comparison.value === "blink" && shown.value ? "over hidden" : "over"}>
          <Picture catalog={id} member={other} />
        </div>
      </div>
      {comparison.value === "difference" && <p class="hint">Black is the same in both; the rest is made brighter.</p>}
      <fieldset class="others">
        <legend>{fileName(keeper.path)} beside</legend>
        {others.map(({ ordinal, path }, at) => (
          <label key={ordinal}>
            <input
              type="radio"
              name="compared"
              checked={other.ordinal === ordinal}
              onChange={() => (compared.value = at)}
            />
            {fileName(path)}
          </label>
        ))}
      </fieldset>
    </div>
  );
};

/** The ordinal by which the file of a member is named: hard links are one file. */
const fileOf = ({ ordinal, sameFileAs }: Member): number => sameFileAs ?? ordinal;

const Actions = ({ group }: { group: Group }) => {
  const open = group.decision === null && !busy.value;
  const removed = group.members.filter(({ ordinal }) => !keep.value.has(ordinal));
  const kept = new Set(group.members.filter(({ ordinal }) => keep.value.has(ordinal)).map(fileOf));
  const files = new Map(
    removed.filter((member) => !kept.has(fileOf(member))).map((member) => [fileOf(member), member]),
  );
  const freed = [...files.values()].reduce((sum, { bytes }) => (bytes === undefined ? sum : sum + bytes), 0);
  const undoable =
    group.decision === null ? decided.value.at(-1) : { decision: group.decision.id, group: group.number };
  const verdict = `keep ${keep.value.size}, let ${removed.length} go${freed > 0 ? ` (${bytesText(freed)})` : ""}`;
  const isChosen = open && keep.value.size > 0;
  const isFirst = position.value === 0;
  const isLast = position.value + 1 >= groups.value.length;
  const isUndoable = undoable !== undefined && !busy.value;
  return (
    <section class="actions" aria-label="Decide">
      <Button hotkey="←" text="before" class="aside" onClick={() => show(position.value - 1)} disabled={isFirst} />
      <Button hotkey="Enter" text={verdict} class="primary" onClick={() => void decideKeep()} disabled={!isChosen} />
      <Button hotkey="A" text="keep all" onClick={() => void decideKeepAll()} disabled={!open} />
      <Button
        hotkey="N"
        text="not duplicates"
        onClick={() => void decide({ verdict: "not-duplicates" })}
        disabled={!open}
      />
      <Button hotkey="U" text="undo" class="aside" onClick={() => void undo(undoable)} disabled={!isUndoable} />
      <Button hotkey="→" text="next" class="aside" onClick={() => show(position.value + 1)} disabled={isLast} />
    </section>
  );
};
