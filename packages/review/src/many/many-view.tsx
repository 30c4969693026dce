import type { Group } from "@lookalike/client";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Button } from "../parts/button.tsx";
import { fileName, goingOf } from "../review/facts.ts";
import { busy, groups, loadGroups, show, totalRows } from "../review/groups.ts";
import { dialog } from "../shell/places.ts";
import { bytesText } from "../strings/format.ts";
import { strings } from "../strings/strings.ts";
import { GroupPictures } from "./group-tile.tsx";
import {
  accepted,
  acceptSelected,
  isMany,
  isSelectable,
  selectAll,
  selected,
  selection,
  selectNone,
  toggleSelected,
} from "./selection.ts";
import { undoNewest } from "./today.ts";

/** Tiles that are added each time the end of the grid is in view. */
const STEP = 48;

/** A grid of groups with what is suggested for each: many are accepted at once, and some left out. */
export const Many = () => {
  const count = useSignal(STEP);
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (end.current === null) return undefined;
    const observer = new IntersectionObserver(([entry]) => {
      if (entry?.isIntersecting !== true) return;
      count.value += STEP;
      void loadGroups(count.value);
    });
    observer.observe(end.current);
    return () => observer.disconnect();
  }, []);
  const shown = groups.value.slice(0, count.value);
  return (
    <section class="many" aria-label={strings.value.many}>
      <Bar shown={shown} />
      <ul class="grid">
        {shown.map((group, at) => (
          <Tile key={group.number} group={group} at={at} />
        ))}
      </ul>
      <div ref={end} class="grid-end" />
    </section>
  );
};

const Bar = ({ shown }: { shown: readonly Group[] }) => {
  const t = strings.value;
  const { chosen, bytes } = selection.value;
  return (
    <div class="many-bar">
      <Button text={t.selectShown(shown.filter(isSelectable).length)} onClick={() => selectAll(shown)} />
      <Button text={t.selectNone} disabled={chosen.length === 0} onClick={selectNone} />
      <Button text={t.ruleDots} onClick={() => (dialog.value = "rule")} />
      <p class="small" role="status">
        {accepted.value === null ? t.groupsShown(shown.length, totalRows.value) : t.groupsAccepted(accepted.value)}
        {accepted.value !== null && accepted.value > 0 && (
          <>
            {" "}
            <Button text={t.undo} disabled={busy.value} onClick={() => void undoNewest()} />
          </>
        )}
      </p>
      <Button
        class="primary"
        text={
          chosen.length === 0 ? t.acceptNone : `${t.acceptGroups(chosen.length)} · ${t.freesBytes(bytesText(bytes))}`
        }
        disabled={chosen.length === 0 || busy.value}
        onClick={() => void acceptSelected()}
      />
    </div>
  );
};

const Tile = ({ group, at }: { group: Group; at: number }) => {
  const t = strings.value;
  const keep = new Set(group.decision?.keep ?? [group.keeper]);
  const keeper = group.members.find(({ ordinal }) => ordinal === group.keeper);
  const isChosen = selected.value.has(group.number);
  const { bytes } = goingOf(group.members, keep);
  return (
    <li class={isChosen ? "tile chosen" : "tile"}>
      <label>
        <input
          type="checkbox"
          checked={isChosen}
          disabled={!isSelectable(group)}
          aria-label={t.selectGroup(keeper === undefined ? "" : fileName(keeper.path))}
          onChange={() => toggleSelected(group.number)}
        />
        <GroupPictures group={group} keep={keep} />
      </label>
      <div class="tile-foot">
        <p>
          <b>{t.kinds[group.kind]}</b>
          <br />
          <span class="small">
            {group.decision === null ? t.keepAndArchive(1, group.size - 1) : t.decided}
            {bytes > 0 && ` · ${bytesText(bytes)}`}
          </span>
        </p>
        <Button
          text={t.lookAt}
          onClick={() => {
            isMany.value = false;
            show(at);
          }}
        />
      </div>
    </li>
  );
};
