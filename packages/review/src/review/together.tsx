import type { Group } from "@lookalike/client";
import { signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { strings } from "../strings/strings.ts";
import { fileName } from "./facts.ts";
import { Picture } from "./picture.tsx";
import { comparison } from "./zoom.ts";

/** The member that the suggested one is compared with, among the others. */
export const compared = signal(0);

const OTHERS_SHOWN = 60;
const BLINK_MS = 700;

/** The suggested picture and one other in the same place: beside a line, in turn, or their difference. */
export const Together = ({ group }: { group: Group }) => {
  const t = strings.value;
  const isFirst = useSignal(true);
  const split = useSignal(50);
  const mode = comparison.value;
  useEffect(() => {
    isFirst.value = true;
    // Who wants less motion changes the picture by the button alone.
    if (mode !== "blink" || matchMedia("(prefers-reduced-motion: reduce)").matches) return undefined;
    const timer = setInterval(() => (isFirst.value = !isFirst.value), BLINK_MS);
    return () => clearInterval(timer);
  }, [mode]);
  const keeper = group.members.find(({ ordinal }) => ordinal === group.keeper);
  const others = group.members.filter(({ ordinal }) => ordinal !== group.keeper).slice(0, OTHERS_SHOWN);
  const other = others[compared.value] ?? others[0];
  if (keeper === undefined || other === undefined) return null;
  const isHidden = mode === "blink" && isFirst.value;
  return (
    <div class="together">
      <div class={`stack ${mode}`} style={{ "--split": `${split.value}%` }}>
        <Picture member={keeper} />
        <div class={isHidden ? "over hidden" : "over"}>
          <Picture member={other} />
        </div>
        {mode === "slider" && <div class="split" aria-hidden="true" />}
        {mode === "blink" && <p class="stack-name">{fileName(isFirst.value ? keeper.path : other.path)}</p>}
      </div>
      {mode === "slider" && (
        <input
          type="range"
          class="slider"
          min="0"
          max="100"
          aria-label={t.sliderLabel(fileName(keeper.path), fileName(other.path))}
          value={split.value}
          onInput={({ currentTarget }) => (split.value = Number(currentTarget.value))}
        />
      )}
      {mode === "blink" && (
        <button type="button" onClick={() => (isFirst.value = !isFirst.value)}>
          {t.otherPicture}
        </button>
      )}
      {mode === "difference" && <p class="small">{t.differenceHint}</p>}
      {others.length > 1 && (
        <fieldset class="others">
          <legend>{t.compareWith(fileName(keeper.path))}</legend>
          {others.map(({ ordinal, path }, at) => (
            <label key={ordinal}>
              <input
                type="radio"
                name="compared"
                checked={other.ordinal === ordinal}
                onChange={() => (compared.value = at)}
              />{" "}
              {fileName(path)}
            </label>
          ))}
        </fieldset>
      )}
    </div>
  );
};
