import { isMany, toggleMany } from "../many/selection.ts";
import { toggleFullScreen } from "../review/group-view.tsx";
import { current, decide, decideKeep, decideKeepAll, toggleKeep, undo } from "../review/groups.ts";
import { step } from "../review/swipe.ts";
import { changeZoom, cycleComparison, resetZoom } from "../review/zoom.ts";
import type { Strings } from "../strings/languages/en.ts";
import { dialog, place } from "./places.ts";

interface Key {
  readonly keys: readonly string[];
  readonly label: string;
  readonly about: keyof Strings["keys"];
  readonly press: (key: string) => void;
  /** Only while one group is shown. */
  readonly ofGroup: boolean;
}

const isRightToLeft = (): boolean => document.documentElement.dir === "rtl";

const showDetails = (): void => {
  if (current.value !== null) dialog.value = "details";
};

/** Every key of the page; the help shows them. */
export const KEYS: readonly Key[] = [
  {
    keys: ["ArrowRight", "j"],
    label: "→ J",
    about: "next",
    ofGroup: true,
    press: (key) => step(key === "ArrowRight" && isRightToLeft() ? -1 : 1),
  },
  {
    keys: ["ArrowLeft", "k"],
    label: "← K",
    about: "previous",
    ofGroup: true,
    press: (key) => step(key === "ArrowLeft" && isRightToLeft() ? 1 : -1),
  },
  {
    keys: ["1", "2", "3", "4", "5", "6", "7", "8", "9"],
    label: "1 – 9",
    about: "keepOne",
    ofGroup: true,
    press: (key) => {
      const member = current.value?.members[Number(key) - 1];
      if (member !== undefined) toggleKeep(member.ordinal);
    },
  },
  { keys: ["Enter"], label: "Enter", about: "decide", ofGroup: true, press: () => void decideKeep() },
  { keys: ["a"], label: "A", about: "keepAll", ofGroup: true, press: () => void decideKeepAll() },
  {
    keys: ["n"],
    label: "N",
    about: "notDuplicates",
    ofGroup: true,
    press: () => void decide({ verdict: "not-duplicates" }),
  },
  { keys: ["u"], label: "U", about: "undo", ofGroup: true, press: () => void undo() },
  { keys: ["c"], label: "C", about: "compare", ofGroup: true, press: cycleComparison },
  { keys: ["+", "="], label: "+", about: "zoomIn", ofGroup: true, press: () => changeZoom(1.5) },
  { keys: ["-"], label: "−", about: "zoomOut", ofGroup: true, press: () => changeZoom(1 / 1.5) },
  { keys: ["0"], label: "0", about: "zoomNone", ofGroup: true, press: resetZoom },
  { keys: ["f"], label: "F", about: "fullScreen", ofGroup: true, press: toggleFullScreen },
  {
    keys: ["i"],
    label: "I",
    about: "details",
    ofGroup: true,
    press: showDetails,
  },
  { keys: ["m"], label: "M", about: "many", ofGroup: false, press: toggleMany },
  { keys: ["t"], label: "T", about: "today", ofGroup: false, press: () => (dialog.value = "today") },
  { keys: ["?"], label: "?", about: "help", ofGroup: false, press: () => (dialog.value = "help") },
];

/** Whether the focused control needs the key for itself. */
const isTaken = (target: EventTarget | null, key: string): boolean => {
  if (target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement) return true;
  if (target instanceof HTMLInputElement) {
    if (target.type === "range") return key.startsWith("Arrow");
    if (target.type === "radio") return key === " " || key.startsWith("Arrow");
    return target.type === "checkbox" ? key === " " : true;
  }
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
  if (key === undefined || (key.about !== "help" && place.value !== "review") || (key.ofGroup && isMany.value)) return;
  event.preventDefault();
  key.press(pressed);
};

/** After a click by pointer the control loses the focus, so that Enter decides again. */
export const onClick = ({ detail, target }: MouseEvent): void => {
  if (detail === 0 || dialog.value !== null || !(target instanceof Element)) return;
  const control = target.closest<HTMLElement>("article button, article label, .facet");
  if (control !== null && document.activeElement instanceof HTMLElement) document.activeElement.blur();
};
