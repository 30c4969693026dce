import type { Job } from "@lookalike/client";
import { useSignal } from "@preact/signals";
import { api, request } from "./api.ts";
import { Button } from "./button.tsx";
import { countText } from "./facts.ts";
import { job, startJob } from "./jobs.ts";
import { closeDialog, Modal } from "./modal.tsx";
import { catalog, openCatalogId } from "./open-catalog.ts";

type FileCounts = NonNullable<Job["fileCounts"]>;

/** Each class of files, with what it is counted by. */
const CLASSES: readonly (readonly [string, (counts: FileCounts) => Readonly<Record<string, number>>])[] = [
  ["belong to a picture", ({ companions }) => companions],
  ["pictures that can't be decoded", ({ unsupported }) => unsupported],
  ["not images", ({ notImages }) => notImages],
  ["excluded", ({ excluded }) => excluded],
  ["not files", ({ notFiles }) => notFiles],
];

const sumOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

/** What became of each file under the source's root. */
export const FileCountsList = ({ counts }: { counts: FileCounts }) => (
  <details class="file-counts">
    <summary>
      {countText(counts.total, "file")}: {countText(counts.images, "image")},{" "}
      {(counts.total - counts.images).toLocaleString("en")} others
    </summary>
    <ul>
      {CLASSES.map(([name, read]) => ({ name, byKey: Object.entries(read(counts)), sum: sumOf(read(counts)) }))
        .filter(({ sum }) => sum > 0)
        .map(({ name, byKey, sum }) => (
          <li key={name}>
            {sum.toLocaleString("en")} {name}: {byKey.map(([key, count]) => `${key} ${count}`).join(", ")}
          </li>
        ))}
      {counts.unreadable > 0 && <li>{countText(counts.unreadable, "file")} could not be read</li>}
      {counts.unreadablePaths.map(({ path, detail }) => (
        <li key={path}>
          {path}: <strong>unreadable</strong> {detail}
        </li>
      ))}
    </ul>
  </details>
);

const linesOf = (text: string): string[] => text.split("\n").filter((line) => line.trim() !== "");

/** Chooses which files the open catalog's next scan lists. */
export const FilesDialog = () => {
  const source = catalog.value?.source;
  const globs = source === undefined || source.kind === "hashes" ? { include: [], exclude: [] } : source;
  const include = useSignal(globs.include.join("\n"));
  const exclude = useSignal(globs.exclude.join("\n"));
  const save = async (scans: boolean): Promise<void> => {
    const id = openCatalogId();
    const params = { path: { catalog: id } };
    const body = { include: linesOf(include.value), exclude: linesOf(exclude.value) };
    const changed = await request(api.PATCH("/v1/catalogs/{catalog}", { params, body }));
    if (changed === undefined) return;
    catalog.value = changed;
    closeDialog();
    if (scans) await startJob(id, "new");
  };
  const isBusy = job.value !== null && job.value.phase !== "done";
  return (
    <Modal title="Files">
      <p>
        Trash, versions, thumbnails and system folders are never listed. Write one pattern a line: <code>*.png</code>{" "}
        matches a name anywhere, <code>2019/raw/**</code> a path from the folder that is scanned.
      </p>
      <label>
        Leave out (<code>!.cache</code> lists what a built-in rule leaves out):
        <textarea
          name="exclude"
          rows={4}
          value={exclude.value}
          onInput={({ currentTarget }) => (exclude.value = currentTarget.value)}
        />
      </label>
      <label>
        List only (nothing here: every image):
        <textarea
          name="include"
          rows={3}
          value={include.value}
          onInput={({ currentTarget }) => (include.value = currentTarget.value)}
        />
      </label>
      <Button text="Save and scan" class="primary" disabled={isBusy} onClick={() => void save(true)} />{" "}
      <Button text="Save" onClick={() => void save(false)} />
    </Modal>
  );
};
