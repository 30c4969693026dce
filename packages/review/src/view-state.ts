import { signal } from "@preact/signals";

/** The open dialog. */
export const dialog = signal<"bulk" | "archive" | "files" | "help" | null>(null);

/** How the pictures of a group are compared. */
export const COMPARISONS = ["side by side", "blink", "difference"] as const;
export const comparison = signal<(typeof COMPARISONS)[number]>("side by side");

const NEXT = { "side by side": "blink", blink: "difference", difference: "side by side" } as const;

export const cycleComparison = (): void => {
  comparison.value = NEXT[comparison.value];
};

/** One zoom for all pictures: the point (x, y) of each picture, from 0 to 1, is in the middle of its frame. */
export const zoom = signal({ scale: 1, x: 0.5, y: 0.5 });
const MAX_SCALE = 12;

export const changeZoom = (factor: number, x = zoom.value.x, y = zoom.value.y): void => {
  const scale = Math.min(MAX_SCALE, Math.max(1, zoom.value.scale * factor));
  zoom.value = scale === 1 ? { scale, x: 0.5, y: 0.5 } : { scale, x: inside(x, scale), y: inside(y, scale) };
};

export const pan = (dx: number, dy: number): void => {
  const { scale, x, y } = zoom.value;
  zoom.value = { scale, x: inside(x - dx / scale, scale), y: inside(y - dy / scale, scale) };
};

/** The nearest point whose view does not reach over the picture's edge. */
const inside = (at: number, scale: number): number => Math.min(1 - 0.5 / scale, Math.max(0.5 / scale, at));
