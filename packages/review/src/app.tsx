import { trouble } from "./api.ts";
import { Button } from "./button.tsx";
import { catalogs, isSignedIn, openCatalog, signIn, signOut } from "./catalogs.ts";
import { Dialogs } from "./dialogs.tsx";
import { bytesText, countText } from "./facts.ts";
import { GroupList, isListOpen } from "./group-list.tsx";
import { GroupView } from "./group-view.tsx";
import { groups } from "./groups.ts";
import { JobPanel } from "./job-panel.tsx";
import { job } from "./jobs.ts";
import { catalog, statistics } from "./open-catalog.ts";
import { dialog } from "./view-state.ts";

export const App = () => (
  <>
    <Header />
    <JobPanel />
    {trouble.value !== null && (
      <p class="trouble" role="alert">
        {trouble.value} <Button text="Dismiss" onClick={() => (trouble.value = null)} />
      </p>
    )}
    <div class="room">
      {groups.value.length > 0 && <GroupList />}
      <main>{groups.value.length > 0 ? <GroupView /> : <EmptyState />}</main>
    </div>
    <Dialogs />
  </>
);

const Header = () => {
  const counts = statistics.value;
  return (
    <header>
      <h1>Lookalike</h1>
      {groups.value.length > 0 && (
        <Button
          text="Groups"
          class="list-toggle"
          aria-expanded={isListOpen.value}
          onClick={() => (isListOpen.value = !isListOpen.value)}
        />
      )}
      <label>
        <span class="visually-hidden">Catalog</span>
        <select
          value={catalog.value?.id}
          onChange={({ currentTarget }) => {
            const selected = catalogs.value?.find(({ id }) => id === currentTarget.value);
            if (selected !== undefined) void openCatalog(selected);
          }}
        >
          {catalogs.value?.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      {counts !== null && (
        <p class="counts" role="status">
          {countText(counts.images, "image")}, <strong>{countText(counts.undecided, "group")}</strong> to decide of{" "}
          {counts.groups.toLocaleString("en")}, {bytesText(counts.reclaimableBytes)} in copies
        </p>
      )}
      <div class="tools">
        <Button text="Accept many…" onClick={() => (dialog.value = "bulk")} disabled={!counts?.undecided} />
        <Button text="Archive…" onClick={() => (dialog.value = "archive")} disabled={catalog.value === null} />
        <Button
          text="Files…"
          onClick={() => (dialog.value = "files")}
          disabled={catalog.value === null || catalog.value.source.kind === "hashes"}
        />
        <button type="button" onClick={() => (dialog.value = "help")}>
          Keys <kbd>?</kbd>
        </button>
        {catalogs.value !== null && <Button text="Sign out" onClick={() => void signOut()} />}
      </div>
    </header>
  );
};

const SignIn = () => (
  <form
    class="empty-state"
    onSubmit={(event) => {
      event.preventDefault();
      void signIn(String(new FormData(event.currentTarget).get("key")).trim());
    }}
  >
    <p>This page needs an access key. The first start of Lookalike showed one, and keeps it in its data folder.</p>
    <label>
      Access key <input name="key" type="password" autocomplete="off" required />
    </label>{" "}
    <button type="submit">Open</button>
  </form>
);

const EmptyState = () => (isSignedIn.value ? <p class="empty-state">{emptyText()}</p> : <SignIn />);

const emptyText = (): string => {
  const counts = statistics.value;
  if (catalogs.value === null) return "Loading…";
  if (catalog.value === null) return "No catalog yet. Start one from a terminal: npm start -- ~/Pictures";
  if (counts === null || counts.job === null)
    return job.value === null ? "Not scanned yet." : "The first scan is not over yet.";
  return counts.groups === 0
    ? "No look-alikes among these images."
    : "Every group is decided. Archive moves the files that may go; nothing is deleted.";
};
