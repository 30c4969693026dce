import type { Group } from "@lookalike/client";
import { useEffect, useRef } from "preact/hooks";
import { Button } from "../parts/button.tsx";
import { dialog } from "../shell/places.ts";
import { bytesText, takenText } from "../strings/format.ts";
import { strings } from "../strings/strings.ts";
import { Actions } from "./actions.tsx";
import { Cards } from "./card.tsx";
import { current, position, totalRows } from "./groups.ts";
import { swipes } from "./swipe.ts";
import { compared, Together } from "./together.tsx";
import { COMPARISONS, comparison, resetZoom } from "./zoom.ts";

/** The group that is shown: what it is, its pictures, and what can be decided. */
export const GroupView = () => {
  const group = current.value;
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    compared.value = 0;
    resetZoom();
    box.current?.scrollTo({ top: 0 });
  }, [group?.number]);
  if (group === null) return null;
  return (
    <article id="group" aria-label={strings.value.groupNumber(position.value + 1, totalRows.value)}>
      <section class="group" ref={box} {...swipes}>
        <Headline group={group} />
        {comparison.value === "side" ? <Cards group={group} /> : <Together group={group} />}
      </section>
      <Actions group={group} />
    </article>
  );
};

const Headline = ({ group }: { group: Group }) => {
  const t = strings.value;
  const keeper = group.members.find(({ ordinal }) => ordinal === group.keeper);
  const facts = [
    t.pictures(group.size),
    group.reclaimableBytes > 0 ? t.freesBytes(bytesText(group.reclaimableBytes)) : "",
    keeper?.takenAt === undefined ? "" : t.takenAt(takenText(keeper.takenAt)),
    keeper?.camera ?? "",
  ];
  return (
    <div class="headline">
      <div class="headline-text">
        <h2>{t.kinds[group.kind]}</h2>
        <p class="small">{facts.filter((fact) => fact !== "").join(" · ")}</p>
      </div>
      <div class="headline-tools">
        <fieldset class="segments">
          <legend class="visually-hidden">{t.compare}</legend>
          {COMPARISONS.map((choice) => (
            <label key={choice}>
              <input
                type="radio"
                name="comparison"
                class="visually-hidden"
                checked={comparison.value === choice}
                onChange={() => (comparison.value = choice)}
              />
              <span>{t.comparisons[choice]}</span>
            </label>
          ))}
        </fieldset>
        <Button hotkey="I" text={t.details} onClick={() => (dialog.value = "details")} />
        <Button class="full-screen" hotkey="F" text={t.fullScreen} onClick={toggleFullScreen} />
      </div>
      <Notes group={group} />
    </div>
  );
};

/** What was decided about the group, or about some of it. */
const Notes = ({ group: { decision, reopened } }: { group: Group }) => {
  const t = strings.value;
  if (decision === null && reopened === null) return null;
  return (
    <p class="note">
      {decision !== null && t.decidedAs(decision.verdict, decision.keep.length)}
      {decision !== null && decision.undoes !== null && ` ${t.metadataChanged}`}
      {reopened !== null && t.reopenedSince(reopened.verdict)}
    </p>
  );
};

/** Shows the group alone on the screen, or the page again. */
export const toggleFullScreen = (): void => {
  if (document.fullscreenElement === null) void document.getElementById("group")?.requestFullscreen();
  else void document.exitFullscreen();
};
