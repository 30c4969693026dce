import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ARCHIVE_FOLDER } from "@lookalike/shared/sources/listed-file";
import { afterEach, beforeEach, expect, it } from "vitest";
import { addCompanions } from "./add-companions.ts";
import { archiveFiles, type Moved, restoreFiles } from "./archive-files.ts";
import { emptyFiles } from "./empty-archive.ts";
import { findFiles } from "./find-files.ts";
import { type ManifestEntry, readManifest, writeManifest } from "./manifest.ts";
import { type OpenArchive, withArchive } from "./open-archive.ts";
import { type ArchivePlan, addFound } from "./plan-archive.ts";

const KEY = Buffer.alloc(32, 7);
const HELD = { requireHeld: async (): Promise<void> => undefined };
const NO_TWIN = "it stays: no file beside a picture that stays has its content";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "lookalike-companions-"));
});
afterEach(() => rm(root, { recursive: true }));

const put = async (path: string, content = path): Promise<void> => {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
};
/** A picture that is archived while its equal stays. */
const entry = (path: string, keeper: string): ManifestEntry => {
  const sha256 = createHash("sha256").update("picture").digest("hex");
  return { path, sha256, bytes: 7, keepers: [{ path: keeper, sha256 }] };
};
const place = () => ({ id: "archive-1", root: { root, below: "" }, destination: null });
const plan = async (entries: ManifestEntry[]): Promise<ArchivePlan> => {
  const pictures = addFound({ entries, refusals: [] }, await findFiles(place().root, entries), new Set());
  return addCompanions(place().root, pictures, new Set());
};
const outcomes = async (moves: AsyncIterable<Moved>): Promise<string[]> => {
  const texts: string[] = [];
  for await (const moved of moves)
    if (moved.kind === "moved") texts.push(moved.entry.path);
    else texts.push(`${moved.refusal.path}: ${moved.refusal.reason}`);
  return texts.sort();
};
const inArchive = (work: (archive: OpenArchive) => Promise<string[]>): Promise<string[]> =>
  withArchive(place(), work, true);
const archive = async ({ entries }: ArchivePlan): Promise<string[]> =>
  inArchive(async (open) => {
    const digest = await writeManifest(open.folder, entries, KEY);
    return outcomes(archiveFiles(open, await readManifest(open.folder, KEY, digest), HELD));
  });
const restore = (): Promise<string[]> =>
  inArchive(async (open) => outcomes(restoreFiles(open, await readManifest(open.folder, KEY, null), HELD)));
const empty = (): Promise<string[]> =>
  inArchive(async (open) => {
    const manifest = await readManifest(open.folder, KEY, null);
    return outcomes(emptyFiles(open, manifest, ({ keepers }) => keepers, HELD));
  });
const names = async (folder: string): Promise<string[]> => (await readdir(join(root, folder))).sort();

const COMPANIONS = ["IMG_0001.AAE", "IMG_0001.DNG", "IMG_0001.MOV", "IMG_0001.jpg.json", "IMG_0001.xmp"];
const putBundle = async (folder: string, content: (name: string) => string): Promise<void> => {
  await put(`${folder}/IMG_0001.jpg`, "picture");
  for (const name of COMPANIONS) await put(`${folder}/${name}`, content(name));
};

it("go with their picture, come back with it, and are deleted while equal ones stay", async () => {
  await putBundle("2019", (name) => name);
  await putBundle("import", (name) => name);
  const all = await names("import");
  const planned = await plan([entry("import/IMG_0001.jpg", "2019/IMG_0001.jpg")]);
  expect(planned.refusals).toEqual([]);
  expect(await archive(planned)).toEqual(all.map((name) => `import/${name}`));
  expect(await names("import")).toEqual([]);
  await restore();
  expect(await names("import")).toEqual(all);
  await rm(join(root, ARCHIVE_FOLDER), { recursive: true });
  await archive(planned);
  expect(await empty()).toEqual(all.map((name) => `import/${name}`));
  expect(await names("2019")).toEqual(all);
});

it("that are recordings stay where no equal one does, and no other companion is deleted for good", async () => {
  await putBundle("2019", (name) => `${name} as edited here`);
  await putBundle("import", (name) => `${name} as edited then`);
  // Of another size: it does not even look equal.
  await put("import/IMG_0001.MOV", "a longer film, recorded once");
  const planned = await plan([entry("import/IMG_0001.jpg", "2019/IMG_0001.jpg")]);
  expect(planned.refusals).toEqual([{ path: "import/IMG_0001.MOV", reason: NO_TWIN }]);
  const moved = await archive(planned);
  expect(moved).toContain(`import/IMG_0001.DNG: ${NO_TWIN}`);
  // What belongs to a raw file, too, stays with it.
  expect(await names("import")).toEqual(["IMG_0001.AAE", "IMG_0001.DNG", "IMG_0001.MOV", "IMG_0001.xmp"]);
  expect(await empty()).toEqual([`import/IMG_0001.jpg`, `import/IMG_0001.jpg.json: ${NO_TWIN}`].sort());
});

it("stay while another picture has their name", async () => {
  await put("2019/a.jpg", "picture");
  await put("import/IMG_1.jpg", "picture");
  for (const name of ["IMG_1.png", "IMG_1.xmp", "IMG_1.jpg.xmp", "IMG_10.xmp", "notes.json"])
    await put(`import/${name}`);
  expect(await archive(await plan([entry("import/IMG_1.jpg", "2019/a.jpg")]))).toEqual([
    "import/IMG_1.jpg",
    "import/IMG_1.jpg.xmp",
  ]);
});

it("stay while their picture does, and in the archive while it is there", async () => {
  await put("2019/a.jpg", "another picture");
  await put("import/a.jpg", "picture");
  await put("import/a.xmp");
  const planned = await plan([entry("import/a.jpg", "2019/a.jpg")]);
  expect(await archive(planned)).toEqual([
    "import/a.jpg: none of the images to keep is there as it was",
    "import/a.xmp: its picture stays",
  ]);
  await put("2019/a.jpg", "picture");
  expect(await archive(planned)).toEqual(["import/a.jpg", "import/a.xmp"]);
  await put("import/a.jpg", "a new picture");
  expect(await restore()).toEqual([
    "import/a.jpg: there is another file under that name",
    "import/a.xmp: its picture is not back",
  ]);
});
