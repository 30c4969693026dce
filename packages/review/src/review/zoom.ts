import { signal } from "@preact/signals";

/** How the pictures of a group are compared. */
export const COMPARISONS = ["side", "slider", "blink", "difference"] as const;
export const comparison = signal<(typeof COMPARISONS)[number]>("side");

export const cycleComparison = (): void => {
  const following = COMPARISONS[(COMPARISONS.indexOf(comparison.value) + 1) % COMPARISONS.length];
  if (following !== undefined) comparison.value = following;
};

/** One zoom for all pictures: the point (x, y) of each picture, from 0 to 1, is in the middle of its frame. */
export const zoom = signal({ scale: 1, x: 0.5, y: 0.5 });
const MAX_SCALE = 32;

export const resetZoom = (): void => {
  zoom.value = { scale: 1, x: 0.5, y: 0.5 };
};

export const changeZoom = (factor: number, x = zoom.value.x, y = zoom.value.y): void => {
  const scale = Math.min(MAX_SCALE, Math.max(1, zoom.value.scale * factor));
  if (scale === 1) resetZoom();
  else zoom.value = { scale, x: inside(x, scale), y: inside(y, scale) };
};

export const pan = (dx: number, dy: number): void => {
  const { scale, x, y } = zoom.value;
  zoom.value = { scale, x: inside(x - dx / scale, scale), y: inside(y - dy / scale, scale) };
};

/** The nearest point whose view does not reach over the picture's edge. */
const inside = (at: number, scale: number): number => Math.min(1 - 0.5 / scale, Math.max(0.5 / scale, at));

/**
 * The scale at which one pixel of a picture is one pixel of the screen.
 * @param pixels of the picture's width
 * @param shown width of the picture at scale 1, in CSS pixels
 */
export const scaleOfPixels = (pixels: number, shown: number, screenPixelsPerCssPixel: number): number =>
  Math.min(MAX_SCALE, Math.max(1, pixels / (shown * screenPixelsPerCssPixel)));
