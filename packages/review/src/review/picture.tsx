import type { TargetedMouseEvent, TargetedPointerEvent, TargetedWheelEvent } from "preact";
import { originalUrl, thumbnailUrl } from "../api.ts";
import { openCatalogId } from "../libraries/library-store.ts";
import { fileName, type Member } from "./facts.ts";
import { changeZoom, pan, resetZoom, scaleOfPixels, zoom } from "./zoom.ts";

const SHOWN_BY_BROWSERS = new Set(["jpeg", "png", "webp", "gif", "avif"]);
/** At this scale the large thumbnail has fewer pixels than the screen. */
const ORIGINAL_MIN_SCALE = 1.5;

/** One picture, zoomed and moved together with all others. */
export const Picture = ({ member, alt = fileName(member.path) }: { member: Member; alt?: string }) => {
  const { scale, x, y } = zoom.value;
  const isOriginal = scale >= ORIGINAL_MIN_SCALE && member.format !== undefined && SHOWN_BY_BROWSERS.has(member.format);
  const catalog = openCatalogId();
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys +, - and 0 do what the pointer does
    <div
      class={scale > 1 ? "frame zoomed" : "frame"}
      onWheel={onWheel}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerEnd}
      onPointerCancel={onPointerEnd}
      onDblClick={(event) => toggleOneToOne(event, member)}
    >
      <img
        key={member.ordinal}
        src={isOriginal ? originalUrl(catalog, member.ordinal) : thumbnailUrl(catalog, member.ordinal, "large")}
        alt={alt}
        draggable={false}
        style={{ transform: `scale(${scale}) translate(${(0.5 - x) * 100}%, ${(0.5 - y) * 100}%)` }}
      />
    </div>
  );
};

/** The point of the picture under the pointer, from 0 to 1. */
const pointUnder = (element: HTMLElement, { clientX, clientY }: { clientX: number; clientY: number }) => {
  const box = element.getBoundingClientRect();
  const at = (point: number, start: number, length: number, centre: number) =>
    centre + ((point - start) / length - 0.5) / zoom.value.scale;
  return {
    x: at(clientX, box.left, box.width, zoom.value.x),
    y: at(clientY, box.top, box.height, zoom.value.y),
  };
};

/** Zooms around the point under the pointer; without Ctrl only once the picture is zoomed, so that the page scrolls. */
const onWheel = (event: TargetedWheelEvent<HTMLElement>): void => {
  if (!event.ctrlKey && !event.metaKey && zoom.value.scale === 1 && document.fullscreenElement === null) return;
  event.preventDefault();
  const { x, y } = pointUnder(event.currentTarget, event);
  changeZoom(event.deltaY < 0 ? 1.25 : 0.8, x, y);
};

/** Shows one pixel of the picture as one of the screen, or all of it again. */
const toggleOneToOne = (event: TargetedMouseEvent<HTMLElement>, { width, height }: Member): void => {
  if (zoom.value.scale > 1 || width === undefined || height === undefined) {
    resetZoom();
    return;
  }
  const { clientWidth, clientHeight } = event.currentTarget;
  const { x, y } = pointUnder(event.currentTarget, event);
  const shownWidth = Math.min(clientWidth, (clientHeight * width) / height);
  changeZoom(scaleOfPixels(width, shownWidth, devicePixelRatio), x, y);
};

/** Where each finger or the mouse is. */
const pointers = new Map<number, { readonly x: number; readonly y: number }>();

const distance = (): number => {
  const [a, b] = [...pointers.values()];
  return a === undefined || b === undefined ? 0 : Math.hypot(a.x - b.x, a.y - b.y);
};

const onPointerDown = (event: TargetedPointerEvent<HTMLElement>): void => {
  pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
};

/** One finger or the mouse moves what is zoomed, two zoom. */
const onPointerMove = (event: TargetedPointerEvent<HTMLElement>): void => {
  const before = pointers.get(event.pointerId);
  if (before === undefined) return;
  const spread = distance();
  pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  const box = event.currentTarget.getBoundingClientRect();
  if (pointers.size === 2 && spread > 0) changeZoom(distance() / spread);
  else if (zoom.value.scale > 1) pan((event.clientX - before.x) / box.width, (event.clientY - before.y) / box.height);
};

const onPointerEnd = ({ pointerId }: TargetedPointerEvent<HTMLElement>): void => {
  pointers.delete(pointerId);
};
