import { libraries, openLibrary, openStatistics } from "../libraries/library-store.ts";
import { isMany, toggleMany } from "../many/selection.ts";
import { Button } from "../parts/button.tsx";
import { goTo } from "../session.ts";
import { bytesText, numberText, percentText } from "../strings/format.ts";
import { strings } from "../strings/strings.ts";
import { addressOf, dialog, PLACES, place } from "./places.ts";

/** The bar of the page: its three places, which library is open, and what can be done there. */
export const Header = () => {
  const t = strings.value;
  return (
    <header>
      <h1 class="brand">Lookalike</h1>
      <nav class="places" aria-label={t.places}>
        {PLACES.map((name) => (
          <a
            key={name}
            href={addressOf(name, openLibrary.value?.catalog.id ?? null)}
            aria-current={place.value === name ? "page" : undefined}
          >
            {t.placeNames[name]}
          </a>
        ))}
      </nav>
      {place.value !== "libraries" && <LibraryChoice />}
      {place.value === "review" && <Meter />}
      <div class="tools">
        {place.value === "review" && openStatistics.value !== null && openStatistics.value.groups > 0 && (
          <ReviewTools />
        )}
        <Button class="settings" text={t.settings} onClick={() => (dialog.value = "settings")} />
      </div>
    </header>
  );
};

const LibraryChoice = () => (
  <label class="library-choice">
    <span class="visually-hidden">{strings.value.library}</span>
    <select
      value={openLibrary.value?.catalog.id ?? ""}
      onChange={({ currentTarget }) => goTo(place.value, currentTarget.value)}
    >
      {libraries.value?.map(({ catalog: { id, name } }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </select>
  </label>
);

/** How much is reviewed, and what can still be freed. */
const Meter = () => {
  const t = strings.value;
  const counts = openStatistics.value;
  if (counts === null || counts.groups === 0) return null;
  const share = 1 - counts.undecided / counts.groups;
  return (
    <div class="meter">
      <p role="status">
        <b>{percentText(share)}</b> {t.reviewed} · {t.groupsLeft(counts.undecided, numberText(counts.groups))} ·{" "}
        {t.canBeFreed(bytesText(counts.reclaimableBytes))}
      </p>
      <meter min="0" max="1" value={share} aria-label={t.reviewed} />
    </div>
  );
};

const ReviewTools = () => {
  const t = strings.value;
  return (
    <>
      <Button hotkey="T" text={t.today} onClick={() => (dialog.value = "today")} />
      <Button hotkey="M" text={isMany.value ? t.oneByOne : t.many} aria-pressed={isMany.value} onClick={toggleMany} />
      <a class="button primary" href={addressOf("archive", openLibrary.value?.catalog.id ?? null)}>
        {t.archiveDots}
      </a>
    </>
  );
};
