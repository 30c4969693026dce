import type { TargetedPointerEvent, TargetedWheelEvent } from "preact";
import { originalUrl, thumbnailUrl } from "./api.ts";
import type { Member } from "./facts.ts";
import { changeZoom, pan, zoom } from "./view-state.ts";

const SHOWN_BY_BROWSERS = new Set(["jpeg", "png", "webp", "gif", "avif"]);
/** At this scale the large thumbnail has fewer pixels than the screen. */
const ORIGINAL_MIN_SCALE = 1.5;

/** One picture, zoomed and moved together with all others. */
export const Picture = ({ catalog, member }: { catalog: string; member: Member }) => {
  const { scale, x, y } = zoom.value;
  const isOriginal = scale >= ORIGINAL_MIN_SCALE && member.format !== undefined && SHOWN_BY_BROWSERS.has(member.format);
  return (
    <div class={scale > 1 ? "frame zoomed" : "frame"} onWheel={onWheel} onPointerMove={onMove}>
      <img
        src={isOriginal ? originalUrl(catalog, member.ordinal) : thumbnailUrl(catalog, member.ordinal, "large")}
        alt={member.path}
        draggable={false}
        style={{ transform: `scale(${scale}) translate(${(0.5 - x) * 100}%, ${(0.5 - y) * 100}%)` }}
      />
    </div>
  );
};

/** Zooms around the point under the pointer. */
const onWheel = (event: TargetedWheelEvent<HTMLElement>): void => {
  event.preventDefault();
  const box = event.currentTarget.getBoundingClientRect();
  const at = (point: number, start: number, length: number, centre: number) =>
    centre + ((point - start) / length - 0.5) / zoom.value.scale;
  changeZoom(
    event.deltaY < 0 ? 1.25 : 0.8,
    at(event.clientX, box.left, box.width, zoom.value.x),
    at(event.clientY, box.top, box.height, zoom.value.y),
  );
};

const onMove = ({ buttons, movementX, movementY, currentTarget }: TargetedPointerEvent<HTMLElement>): void => {
  if (buttons !== 1 || zoom.value.scale === 1) return;
  const box = currentTarget.getBoundingClientRect();
  pan(movementX / box.width, movementY / box.height);
};
