import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { thumbnailUrl } from "./api.ts";
import { bytesText, countText } from "./facts.ts";
import { groups, loadGroups, onlyUndecided, position, reloadGroups, show } from "./groups.ts";
import { openCatalogId, statistics } from "./open-catalog.ts";

/** On a phone the list covers the group, so it is mostly closed. */
export const isListOpen = signal(false);

const ROW = 72;
const SPARE_ROWS = 6;
const view = signal({ top: 0, height: 0 });

const update = ({ scrollTop, clientHeight }: HTMLElement): void => {
  view.value = { top: scrollTop, height: clientHeight };
  void loadGroups(Math.ceil((scrollTop + clientHeight) / ROW) + SPARE_ROWS);
};

/** All groups, of which only the rows in view exist: ten thousand scroll like ten. */
export const GroupList = () => {
  const box = useRef<HTMLDivElement>(null);
  const total = totalRows();
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
    <nav aria-label="Groups" class={isListOpen.value ? "list open" : "list"}>
      <label class="filter">
        <input
          type="checkbox"
          checked={onlyUndecided.value}
          onChange={({ currentTarget }) => {
            onlyUndecided.value = currentTarget.checked;
            void reloadGroups();
          }}
        />{" "}
        only what is left to decide
      </label>
      <div class="rows" ref={box} tabIndex={-1} onScroll={({ currentTarget }) => update(currentTarget)}>
        <ul style={{ height: `${total * ROW}px` }}>
          {Array.from({ length: Math.max(0, last - first) }, (_, row) => (
            <Row key={first + row} at={first + row} total={total} />
          ))}
        </ul>
      </div>
    </nav>
  );
};

/** Rows of the whole list: those loaded, and those that the statistics count. */
const totalRows = (): number => {
  const loaded = groups.value.length;
  if (statistics.value === null) return loaded;
  const { groups: all, undecided } = statistics.value;
  return onlyUndecided.value ? Math.max(loaded, undecided) : all;
};

const Row = ({ at, total }: { at: number; total: number }) => {
  const group = groups.value[at];
  const style = { transform: `translateY(${at * ROW}px)` };
  if (group === undefined) return <li class="row" style={style} aria-hidden="true" />;
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
        <span>
          <strong>{countText(group.size, "picture")}</strong>
          {group.decision === null ? "" : " ✓ decided"}
          {group.reopened === null ? "" : " reopened"}
          <br />
          {group.kind}
          <br />
          {bytesText(group.reclaimableBytes)} in copies
        </span>
      </button>
    </li>
  );
};
