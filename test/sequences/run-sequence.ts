import { randomUUID } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { effectiveDecisions } from "@lookalike/shared/domain/review/decisions";
import { ARCHIVE_FOLDER } from "@lookalike/shared/sources/listed-file";
import type { ReviewedGroup } from "../support/reviewed-catalog.ts";
import { until } from "../support/until.ts";
import { digestOf, exists, makeFolder, type OwnersFolder } from "./folder.ts";
import type { Installation } from "./installation.ts";
import {
  afterRestore,
  afterScan,
  decisionFaults,
  EMPTY,
  groupFaults,
  imageFaults,
  lostContents,
  type Model,
  mayGo,
} from "./model.ts";
import type { Kill, Operation } from "./operations.ts";
import type { Pictures } from "./pictures.ts";

interface ArchiveAnswer {
  readonly id: string;
  readonly state: string;
  readonly destination: string | null;
  readonly refusals: readonly { path: string; reason: string }[];
}

interface ManifestLine {
  readonly path: string;
  readonly ordinal?: number;
  readonly sha256?: string;
  readonly companionOf?: readonly string[];
  readonly keepers: readonly { path: string; sha256?: string }[];
}

interface ArchivedFile extends ManifestLine {
  /** Where it is now. */
  readonly file: string;
  readonly content: string;
}

/** Runs a sequence in a folder and a catalog of its own. @throws Error with what is wrong after which operation */
export const runSequence = async (
  installation: Installation,
  pictures: Pictures,
  operations: readonly Operation[],
): Promise<void> => {
  const base = join(installation.folder, "sequences", randomUUID());
  await mkdir(base, { recursive: true });
  const folder = await makeFolder(base, pictures);
  await runIn(installation, folder, operations).finally(() => folder.remove());
};

const runIn = async (
  installation: Installation,
  folder: OwnersFolder,
  operations: readonly Operation[],
): Promise<void> => {
  const sequence = await openSequence(installation, folder);
  const scan: Operation = { do: "scan", mode: "new", kill: null };
  const steps: Operation[] = [scan, ...operations];
  for (const [number, operation] of steps.entries())
    await sequence.step(operation).catch((error: Error) => {
      throw new Error(`${number}. ${JSON.stringify(operation)}: ${error.message}`);
    });
  // Everything is back, so every decision must show.
  while (folder.hasAway()) await sequence.step({ do: "remount", as: "before" });
  await sequence.step(scan).catch((error: Error) => {
    throw new Error(`the last scan: ${error.message}`);
  });
};

const openSequence = async ({ call, killAfter }: Installation, folder: OwnersFolder) => {
  const source = { kind: "directory", root: folder.root() };
  const catalog: string = (await call("POST", "/catalogs", { name: folder.base, source })).json.id;
  let model: Model = EMPTY;
  let latestJob = "";
  /** Ordinals of the images that were deleted for good. */
  const deletedImages = new Set<number>();
  const get = async (path: string) => (await call("GET", path)).json;
  const groups = async (): Promise<ReviewedGroup[]> => (await get(`/jobs/${latestJob}/groups?limit=1000`)).items;
  const archives = async (): Promise<ArchiveAnswer[]> => (await get(`/catalogs/${catalog}/archives`)).items;
  const effective = async () =>
    effectiveDecisions((await get(`/catalogs/${catalog}/decisions?limit=1000`)).items.toReversed()) as never[];
  const untilQuiet = () => until(async () => (await archives()).every(({ state }) => !state.endsWith("ing")));

  const scan = async (mode: string, kill: Kill | null): Promise<void> => {
    const accepted = await call("POST", `/catalogs/${catalog}/jobs`, { mode });
    if (kill !== null) await killAfter(kill);
    const job: string = accepted.json.id;
    let last = await get(`/jobs/${job}`);
    await until(async () => {
      last = await get(`/jobs/${job}`);
      return last.phase === "done";
    });
    if (last.state !== "completed") {
      if (!folder.isRootAway()) throw new Error(`the job is ${last.state}: ${last.failure}`);
      return;
    }
    latestJob = job;
    const { items } = await get(`/catalogs/${catalog}/images?limit=1000`);
    const scanned = items.map(
      ({ ordinal, path, contentDigest }: { ordinal: number; path: string; contentDigest: string }) => ({
        ordinal,
        path,
        content: contentDigest,
      }),
    );
    const faults = imageFaults(model, scanned, await folder.contents());
    const inArchives = new Set([...deletedImages, ...(await allArchived()).flatMap(({ ordinal }) => ordinal ?? [])]);
    model = afterScan(model, scanned, folder.pictureOf, inArchives);
    const found = (await groups()).map(({ members, decision, reopened }) => ({
      members: members.map(({ ordinal }) => ordinal),
      isDecided: decision !== null,
      isReopened: reopened !== null,
    }));
    require([...faults, ...groupFaults(model, found)]);
  };

  const decide = async (operation: Extract<Operation, { group: number }>): Promise<void> => {
    const found = await groups();
    const group = found[operation.group % found.length];
    if (group === undefined || group.decision !== null) return;
    const members = group.members.map(({ ordinal }) => ordinal);
    const stays = operation.do === "keep" ? members.filter((_, at) => (operation.stays >> at) % 2 === 1) : members;
    const keep = stays.length === 0 ? [group.keeper] : stays;
    const verdict = operation.do;
    const body = verdict === "keep" ? { verdict, keep } : { verdict };
    const { status, json } = await call("POST", `/jobs/${latestJob}/groups/${group.number}/decisions`, body);
    if (status !== 201) throw new Error(json.detail);
    model = { ...model, decisions: [...model.decisions, { verdict, members, keep: json.keep }] };
  };

  const undo = async (number: number): Promise<void> => {
    const decisions = (await effective()) as { id: string; members: number[]; keep: number[]; verdict: string }[];
    const decision = decisions[number % decisions.length];
    if (decision === undefined) return;
    const { status, json } = await call("POST", `/catalogs/${catalog}/decisions/${decision.id}/undo`);
    if (status !== 201) throw new Error(json.detail);
    const isUndone = ({ verdict, members, keep }: Model["decisions"][number]): boolean =>
      verdict === decision.verdict && String([members, keep]) === String([decision.members, decision.keep]);
    const at = model.decisions.findIndex(isUndone);
    model = { ...model, decisions: model.decisions.filter((_, index) => index !== at) };
  };

  const placeOf = ({ id, destination }: ArchiveAnswer): string =>
    join(destination ?? folder.root(), ARCHIVE_FOLDER, id);
  /** The lines of an archive's manifest whose files are in the archive. */
  const archived = async (archive: ArchiveAnswer): Promise<ArchivedFile[]> => {
    const text = await readFile(join(placeOf(archive), "manifest.ndjson"), "utf8").catch(() => "");
    const lines: ManifestLine[] = text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));
    const present: ArchivedFile[] = [];
    for (const line of lines) {
      const file = join(placeOf(archive), "files", line.path);
      if (await exists(file)) present.push({ ...line, file, content: await digestOf(file) });
    }
    return present;
  };

  const archive = async ({ to: place, kill }: Extract<Operation, { do: "archive" }>): Promise<void> => {
    const before = new Set((await archives()).map(({ id }) => id));
    const to = place === "root" ? "" : `?to=${encodeURIComponent(place === "disk" ? folder.disk : folder.elsewhere)}`;
    // Of a request whose service is killed it is not known what it did.
    const request = call("POST", `/catalogs/${catalog}/archives${to}`).catch(() => null);
    if (kill !== null) await killAfter(kill);
    await request;
    await untilQuiet();
    const contents = await folder.allContents();
    const faults = (await Promise.all((await archives()).filter(({ id }) => !before.has(id)).map(archived)))
      .flat()
      .flatMap((file) => archivedFaults(model, file, contents));
    require(faults);
  };

  const allArchived = async () => (await Promise.all((await archives()).map(archived))).flat();

  /** @returns the contents that were deleted for good, one for each file */
  const empty = async (kill: Kill | null): Promise<string[]> => {
    const before = await allArchived();
    const path = `/catalogs/${catalog}/archives/empty`;
    const { status, json } = await call("POST", path, { olderThanSeconds: 0 });
    if (status !== 200) throw new Error(json.detail);
    const confirm = { files: json.files, bytes: json.bytes };
    // Of a request whose service is killed it is not known what it did.
    const request = call("POST", path, { olderThanSeconds: 0, confirm }).catch(() => null);
    if (kill !== null) await killAfter(kill);
    await request;
    await untilQuiet();
    const left = new Set((await allArchived()).map(({ file }) => file));
    const deleted = before.filter(({ file }) => !left.has(file));
    const present = new Set((await folder.allContents()).values());
    require([
      ...(deleted.length > json.files
        ? [`${deleted.length} files were deleted, and ${json.files} were confirmed`]
        : []),
      ...deleted.flatMap(({ path, content, keepers, companionOf }) => {
        const staying = companionOf === undefined ? keepers.map(({ sha256 = "" }) => sha256) : [content];
        return staying.some((other) => present.has(other)) ? [] : [`${path} was deleted, and has no keeper`];
      }),
    ]);
    for (const { ordinal } of deleted) if (ordinal !== undefined) deletedImages.add(ordinal);
    return deleted.map(({ content }) => content);
  };

  const restore = async (number: number, kill: Kill | null): Promise<void> => {
    const all = await archives();
    const chosen = all[number % all.length];
    if (chosen === undefined) return;
    const restored = new Set((await archived(chosen)).flatMap(({ ordinal }) => ordinal ?? []));
    const { status, json } = await call("POST", `/archives/${chosen.id}/restore`);
    if (status === 409) return;
    if (status !== 202) throw new Error(json.detail);
    if (kill !== null) await killAfter(kill);
    await untilQuiet();
    model = afterRestore(model, restored);
    const after = (await archives()).find(({ id }) => id === chosen.id);
    const left = after === undefined ? [] : await archived(after);
    if (after?.state === "restored" && left.length > 0) throw new Error(`restored, but ${left[0]?.path} is archived`);
  };

  const changeRoot = async (): Promise<void> => {
    const { status, json } = await call("PATCH", `/catalogs/${catalog}`, { root: folder.root() });
    if (status !== 200) throw new Error(json.detail);
  };

  /** What Lookalike does. @returns the contents that it deleted for good; null where the operation is none of Lookalike's */
  const lookalike = async (operation: Operation): Promise<readonly string[] | null> => {
    switch (operation.do) {
      case "scan":
        await scan(operation.mode, operation.kill);
        return [];
      case "keep":
      case "not-duplicates":
        await decide(operation);
        return [];
      case "undo":
        await undo(operation.decision);
        return [];
      case "archive":
        await archive(operation);
        return [];
      case "empty":
        return empty(operation.kill);
      case "restore":
        await restore(operation.archive, operation.kill);
        return [];
      default:
        return null;
    }
  };

  return {
    async step(operation: Operation): Promise<void> {
      const before = await folder.everywhere();
      const deleted = await lookalike(operation);
      if (deleted !== null) {
        const lost = lostContents(before, await folder.everywhere(), deleted);
        require([...lost.map((content) => `${content} is lost`), ...decisionFaults(model, await effective())]);
        return;
      }
      if (operation.do === "unmount") return folder.unmount(operation);
      if (operation.do === "remount" && !(await folder.remount(operation.as))) return;
      if (operation.do === "copy-root" && !(await folder.copyRoot(operation.leavesOld))) return;
      if (operation.do === "remount" || operation.do === "copy-root") return changeRoot();
      if ("file" in operation) return folder.change(operation);
      throw new Error(`nobody does ${operation.do}`);
    },
  };
};

/** What is wrong with a file that was archived now. @param contents of all files in the folder, by path */
const archivedFaults = (
  model: Model,
  { path, ordinal, sha256, content, companionOf, keepers }: ArchivedFile,
  contents: ReadonlyMap<string, string>,
): string[] => {
  if (companionOf !== undefined) {
    const isOnly = path.endsWith(".mov") && ![...contents.values()].includes(content);
    const stays = companionOf.filter((picture) => contents.has(picture));
    return [
      ...(isOnly ? [`${path} is archived, and no file in the folder is equal to it`] : []),
      ...stays.map((picture) => `${path} is archived, and ${picture} stays`),
    ];
  }
  return [
    ...(ordinal !== undefined && mayGo(model, ordinal) ? [] : [`${path} is archived, and no decision lets it go`]),
    ...(content === sha256 ? [] : [`${path} is archived with other content than its manifest says`]),
    ...(keepers.some((keeper) => keeper.sha256 === contents.get(keeper.path))
      ? []
      : [`${path} is archived without a keeper: ${JSON.stringify(keepers)}`]),
  ];
};

const require = (faults: readonly string[]): void => {
  if (faults.length > 0) throw new Error(faults.join("\n"));
};
