import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { thumbnailUrl } from "../api.ts";
import { openCatalogId } from "../libraries/library-store.ts";
import { bytesText } from "../strings/format.ts";
import { strings } from "../strings/strings.ts";
import { fileName } from "./facts.ts";
import { groups, loadGroups, position, show, totalRows } from "./groups.ts";

/** On a phone the list covers the group, so it is mostly closed. */
export const isListOpen = signal(false);

const ROW = 68;
const SPARE_ROWS = 6;
const view = signal({ top: 0, height: 0 });

const update = ({ scrollTop, clientHeight }: HTMLElement): void => {
  view.value = { top: scrollTop, height: clientHeight };
  void loadGroups(Math.ceil((scrollTop + clientHeight) / ROW) + SPARE_ROWS);
};

/** All groups, of which only the rows in view exist: ten thousand scroll like ten. */
export const GroupList = () => {
  const box = useRef<HTMLDivElement>(null);
  const total = totalRows.value;
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    update(element);
    const observer = new ResizeObserver(() => update(element));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  // The group that is shown stays in view.
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const top = position.value * ROW;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + ROW > element.scrollTop + element.clientHeight) element.scrollTop = top + ROW - element.clientHeight;
  }, [position.value]);
  const first = Math.max(0, Math.floor(view.value.top / ROW) - SPARE_ROWS);
  const last = Math.min(total, Math.ceil((view.value.top + view.value.height) / ROW) + SPARE_ROWS);
  return (
    <div class="rows" ref={box} tabIndex={-1} onScroll={({ currentTarget }) => update(currentTarget)}>
      <ul aria-label={strings.value.groups} style={{ height: `${total * ROW}px` }}>
        {Array.from({ length: Math.max(0, last - first) }, (_, row) => (
          <Row key={first + row} at={first + row} total={total} />
        ))}
      </ul>
    </div>
  );
};

const Row = ({ at, total }: { at: number; total: number }) => {
  const t = strings.value;
  const group = groups.value[at];
  const style = { transform: `translateY(${at * ROW}px)` };
  if (group === undefined) return <li class="row" style={style} aria-hidden="true" />;
  const keeper = group.members.find(({ ordinal }) => ordinal === group.keeper);
  return (
    <li class="row" style={style} aria-setsize={total} aria-posinset={at + 1}>
      <button
        type="button"
        aria-current={at === position.value}
        onClick={() => {
          show(at);
          isListOpen.value = false;
        }}
      >
        <img src={thumbnailUrl(openCatalogId(), group.keeper, "small")} alt="" loading="lazy" />
        <span class="row-text">
          <strong>
            <bdi>{keeper === undefined ? t.pictures(group.size) : fileName(keeper.path)}</bdi>
          </strong>
          <span class="small">
            {t.pictures(group.size)} · {bytesText(group.reclaimableBytes)}
          </span>
          <span class="small">
            {group.decision !== null && <b class="good">{t.decided}</b>}
            {group.reopened !== null && <b class="amber">{t.reopened}</b>}
            {group.decision === null && group.reopened === null && t.kinds[group.kind]}
          </span>
        </span>
      </button>
    </li>
  );
};
