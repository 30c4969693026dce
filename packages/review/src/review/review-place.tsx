import { useEffect } from "preact/hooks";
import { isScanning, openLibrary } from "../libraries/library-store.ts";
import { Many } from "../many/many-view.tsx";
import { isMany } from "../many/selection.ts";
import { Button } from "../parts/button.tsx";
import { addressOf } from "../shell/places.ts";
import { strings } from "../strings/strings.ts";
import { Facets } from "./facets.tsx";
import { FIRST_FILTER, filter } from "./filter.ts";
import { GroupList, isListOpen } from "./group-list.tsx";
import { GroupView } from "./group-view.tsx";
import { changeFilter, groups, isLoading, openGroups } from "./groups.ts";

/** One group after the other, or many at once. */
export const ReviewPlace = () => {
  const t = strings.value;
  const library = openLibrary.value;
  const job = library?.statistics?.job ?? null;
  useEffect(() => {
    if (library?.statistics !== null && library !== null) void openGroups(job);
  }, [job, library?.catalog.id]);
  if (library === null || job === null) return <NothingYet />;
  return (
    <div class={isListOpen.value ? "review list-open" : "review"}>
      <nav class="side" aria-label={t.groups}>
        <Facets />
        {!isMany.value && <GroupList />}
      </nav>
      <main>
        <Button
          class="list-toggle"
          text={isListOpen.value ? t.closeList : t.openList}
          aria-expanded={isListOpen.value}
          onClick={() => (isListOpen.value = !isListOpen.value)}
        />
        <Groups />
      </main>
    </div>
  );
};

const Groups = () => {
  if (groups.value.length === 0) return isLoading.value ? <Waiting /> : <NoGroups />;
  return isMany.value ? <Many /> : <GroupView />;
};

const Waiting = () => (
  <p class="empty" role="status">
    {strings.value.loading}
  </p>
);

/** The filter selects nothing. */
const NoGroups = () => {
  const t = strings.value;
  const library = openLibrary.value;
  if (library === null || library.statistics === null) return <Waiting />;
  const { catalog, statistics } = library;
  const isFiltered = filter.value.kind !== null || filter.value.leastBytes > 0 || filter.value.state === "reopened";
  if (isFiltered)
    return (
      <div class="empty">
        <p>{t.noneSelected}</p>
        <Button text={t.showAll} onClick={() => void changeFilter(FIRST_FILTER)} />
      </div>
    );
  if (statistics.groups === 0)
    return (
      <div class="empty">
        <h2>{t.noLookalikes}</h2>
        <p>{t.noLookalikesHint(statistics.images)}</p>
      </div>
    );
  return (
    <div class="empty">
      <h2>{t.allDecided}</h2>
      <p>{t.allDecidedHint}</p>
      <a class="button primary" href={addressOf("archive", catalog.id)}>
        {t.goToArchive}
      </a>
    </div>
  );
};

/** No scan has finished. */
const NothingYet = () => {
  const t = strings.value;
  const library = openLibrary.value;
  if (library !== null && library.statistics === null) return <Waiting />;
  return (
    <main class="empty">
      <h2>{library !== null && isScanning(library) ? t.scanRuns : t.nothingScanned}</h2>
      <p>{t.nothingScannedHint}</p>
      <a class="button primary" href={addressOf("libraries", library?.catalog.id ?? null)}>
        {t.goToLibraries}
      </a>
    </main>
  );
};
