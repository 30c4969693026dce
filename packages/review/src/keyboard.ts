import { current, decide, decided, decideKeep, decideKeepAll, position, show, toggleKeep, undo } from "./groups.ts";
import { changeZoom, cycleComparison, dialog } from "./view-state.ts";

/** Every key of the page; the help shows them. */
export const KEYS = [
  { keys: ["ArrowRight", "j"], label: "→ J", about: "next group", press: () => show(position.value + 1) },
  { keys: ["ArrowLeft", "k"], label: "← K", about: "group before", press: () => show(position.value - 1) },
  {
    keys: ["1", "2", "3", "4", "5", "6", "7", "8", "9"],
    label: "1 – 9",
    about: "keep that picture, or let it go",
    press: (key: string) => {
      const member = current.value?.members[Number(key) - 1];
      if (member !== undefined && current.value?.decision === null) toggleKeep(member.ordinal);
    },
  },
  { keys: ["Enter"], label: "Enter", about: "decide: keep what is marked", press: () => void decideKeep() },
  { keys: ["a"], label: "A", about: "keep all", press: () => void decideKeepAll() },
  {
    keys: ["n"],
    label: "N",
    about: "not duplicates, never again",
    press: () => void decide({ verdict: "not-duplicates" }),
  },
  { keys: ["u"], label: "U", about: "undo the last decision", press: () => void undo(decided.value.at(-1)) },
  { keys: ["c"], label: "C", about: "compare: side by side, blink, difference", press: cycleComparison },
  { keys: ["+", "="], label: "+", about: "zoom all in", press: () => changeZoom(1.5) },
  { keys: ["-"], label: "−", about: "zoom all out", press: () => changeZoom(1 / 1.5) },
  { keys: ["?"], label: "?", about: "these keys", press: () => (dialog.value = "help") },
];

/** Whether the focused control needs the key for itself. */
const isTaken = (target: EventTarget | null, key: string): boolean => {
  if (target instanceof HTMLSelectElement) return true;
  if (target instanceof HTMLInputElement) return key === " " || (target.type === "radio" && key.startsWith("Arrow"));
  return (
    (target instanceof HTMLButtonElement || target instanceof HTMLAnchorElement) && (key === "Enter" || key === " ")
  );
};

/** Handles a key anywhere on the page, unless the focused control needs it or a dialog is open. */
export const onKey = (event: KeyboardEvent): void => {
  if (event.ctrlKey || event.metaKey || event.altKey || dialog.value !== null) return;
  if (isTaken(event.target, event.key)) return;
  const pressed = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const key = KEYS.find(({ keys }) => keys.includes(pressed));
  if (key === undefined) return;
  event.preventDefault();
  key.press(pressed);
};

/** After a click by pointer the control loses the focus, so that Enter decides again. */
export const onClick = ({ detail, target }: MouseEvent): void => {
  if (detail === 0 || !(target instanceof Element)) return;
  const control = target.closest<HTMLElement>("button, label, input");
  if (control !== null && document.activeElement instanceof HTMLElement) document.activeElement.blur();
};
