import type { Group } from "@lookalike/client";
import { Button } from "../parts/button.tsx";
import { bytesText } from "../strings/format.ts";
import { strings } from "../strings/strings.ts";
import { goingOf } from "./facts.ts";
import { busy, decide, decideKeep, decideKeepAll, groups, keep, position, undo, undoable } from "./groups.ts";
import { step } from "./swipe.ts";

/** What can be done with the group, each with its key. On a phone they are in reach of a thumb. */
export const Actions = ({ group }: { group: Group }) => {
  const t = strings.value;
  const isOpen = group.decision === null && !busy.value;
  const { count, bytes } = goingOf(group.members, keep.value);
  const freed = bytes > 0 ? ` · ${t.freesBytes(bytesText(bytes))}` : "";
  const verdict = count === 0 ? t.keepAll : `${t.keepAndArchive(keep.value.size, count)}${freed}`;
  const isFirst = position.value === 0;
  const isLast = position.value + 1 >= groups.value.length;
  return (
    <section class="actions" aria-label={t.decide}>
      <Button class="previous" hotkey="←" text={t.previous} onClick={() => step(-1)} disabled={isFirst} />
      <Button
        class="primary"
        hotkey="Enter"
        text={verdict}
        onClick={() => void decideKeep()}
        disabled={!isOpen || keep.value.size === 0}
      />
      <Button class="all" hotkey="A" text={t.keepAll} onClick={() => void decideKeepAll()} disabled={!isOpen} />
      <Button
        class="different"
        hotkey="N"
        text={t.notDuplicates}
        onClick={() => void decide({ verdict: "not-duplicates" })}
        disabled={!isOpen}
      />
      <Button
        class="undo"
        hotkey="U"
        text={t.undo}
        onClick={() => void undo()}
        disabled={undoable.value === undefined || busy.value}
      />
      <Button
        class="next"
        hotkey="→"
        text={group.decision === null ? t.skip : t.next}
        onClick={() => step(1)}
        disabled={isLast}
      />
    </section>
  );
};
