import { position, show } from "./groups.ts";
import { zoom } from "./zoom.ts";

const LEAST_PIXELS = 70;
/** How much further along than across: a finger that scrolls moves both ways. */
const ALONG_PER_ACROSS = 2;

let started: { readonly x: number; readonly y: number } | null = null;

/** The group that is one further in the direction of reading, for +1. */
export const step = (direction: 1 | -1): void => show(position.value + direction);

/** A finger that moves sideways over a group goes to the next or the one before. */
export const swipes = {
  onTouchStart({ touches }: TouchEvent): void {
    const [finger] = touches;
    started = touches.length === 1 && finger !== undefined ? { x: finger.clientX, y: finger.clientY } : null;
  },
  onTouchEnd({ changedTouches }: TouchEvent): void {
    const [finger] = changedTouches;
    if (started === null || finger === undefined || zoom.value.scale > 1) return;
    const along = finger.clientX - started.x;
    const across = Math.abs(finger.clientY - started.y);
    started = null;
    if (Math.abs(along) < LEAST_PIXELS || Math.abs(along) < across * ALONG_PER_ACROSS) return;
    const isForward = along < 0 !== (document.documentElement.dir === "rtl");
    step(isForward ? 1 : -1);
  },
};
