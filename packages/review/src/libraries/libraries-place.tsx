import { useSignal } from "@preact/signals";
import { Button } from "../parts/button.tsx";
import { dialog } from "../shell/places.ts";
import { strings } from "../strings/strings.ts";
import { LibraryCard } from "./library-card.tsx";
import { libraries } from "./library-store.ts";
import { NewLibrary } from "./new-library.tsx";

/** Libraries that are shown before more are requested: each card reads its counts and jobs. */
const SHOWN = 24;

/** Every library with its state, or the way to the first one. */
export const LibrariesPlace = () => {
  const t = strings.value;
  const isWhole = useSignal(false);
  const all = libraries.value ?? [];
  if (all.length === 0) return <Welcome />;
  const shown = isWhole.value ? all : all.slice(0, SHOWN);
  return (
    <main class="page">
      <div class="page-head">
        <h2>{t.placeNames.libraries}</h2>
        <Button class="primary" text={t.addLibrary} onClick={() => (dialog.value = "library")} />
      </div>
      <ul class="libraries">
        {shown.map((library) => (
          <LibraryCard key={library.catalog.id} library={library} />
        ))}
      </ul>
      {shown.length < all.length && (
        <Button text={t.showAllLibraries(all.length)} onClick={() => (isWhole.value = true)} />
      )}
    </main>
  );
};

/** The first visit leads from a folder to its first group. */
const Welcome = () => {
  const t = strings.value;
  return (
    <main class="page welcome">
      <h2>{t.welcome}</h2>
      <p class="lead">{t.welcomeHint}</p>
      <ol class="steps">
        <li aria-current="step">{t.steps.folder}</li>
        <li>{t.steps.scan}</li>
        <li>{t.steps.review}</li>
      </ol>
      <div class="panel">
        <NewLibrary />
      </div>
    </main>
  );
};
