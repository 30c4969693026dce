import type { DamagedImage, FailedImage, Group, Job } from "@lookalike/client";
import { type Source, sourceLabel } from "@lookalike/shared/domain/job/source";
import { EXIT } from "@lookalike/shared/runtime/errors";
import { printableLine, printableName } from "@lookalike/shared/runtime/printable";
import type { Client } from "../client.ts";
import { countText, filesLines, printStatus, printText, sizeText } from "../output.ts";

/** Prints what the job found. @returns the exit code */
export const report = async (
  client: Client,
  job: Job,
  source: Source,
  json: boolean,
  seconds: number,
): Promise<number> => {
  if (job.state !== "completed") {
    printStatus(printableLine(job.failure ?? `The job is ${job.state}.`));
    return EXIT.error;
  }
  const groups = await all(client.groups(job.id));
  const failed = await all(client.failures(job.id));
  const damaged = damagedImages(await all(client.damaged(job.id)), groups);
  if (json) printText(JSON.stringify(jsonReport(job, groups, failed, damaged, seconds)));
  else if (job.totalImages > 1) printText(textReport(job, groups, failed, damaged, seconds));
  if (job.totalImages > 1) return EXIT.ok;
  const found = job.totalImages === 0 ? "no images" : "one image";
  if (!json) for (const line of filesLines(job)) printStatus(line);
  printStatus(`${sourceLabel(source)}: ${found} there, and duplicates need two. ${moreImages(source)}`);
  return EXIT.noInput;
};

const all = async <Item>(items: AsyncIterable<Item>): Promise<Item[]> => {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
};

const IMAGES = "pictures (JPEG, PNG, WebP, GIF, TIFF, AVIF, HEIC, BMP, JPEG XL)";

const moreImages = (source: Source): string => {
  switch (source.kind) {
    case "directory":
      return `Give a folder with more ${IMAGES}.`;
    case "s3":
      return `Give a bucket or prefix with more ${IMAGES}.`;
    case "hashes":
      return "Give a file with more hashes.";
  }
};

/** The object that `--json` prints; docs/json.md documents it. A new `version` means a breaking change. */
const jsonReport = (
  job: Job,
  groups: readonly Group[],
  failed: readonly FailedImage[],
  damaged: readonly DamagedImage[],
  seconds: number,
) => {
  if (job.result === null) throw new Error(`the completed job ${job.id} has no result`);
  return {
    version: 1,
    job: job.id,
    images: job.totalImages,
    fileCounts: job.fileCounts,
    blocks: job.totalBlocks,
    pairs: job.totalBlockPairs,
    tasks: job.totalTasks,
    tasksDone: job.completedTasks,
    tasksQuarantined: job.quarantinedTasks,
    flat: job.result.flatImages,
    threshold: job.result.thresholdBits,
    grouping: job.result.grouping,
    failed: failed.map(({ path, reason, detail }) => ({ path, reason, detail })),
    damaged: damaged.map(({ path, detail }) => ({ path, detail })),
    groups: groups.map((group) => ({
      kind: group.kind,
      keeper: keeperPath(group),
      keeperReason: group.keeperReason,
      members: group.members.map(({ path }) => path),
    })),
    seconds: Math.round(seconds * 100) / 100,
  };
};

/** The images that hashing found to be damaged, and those that grouping found. */
const damagedImages = (hashed: readonly DamagedImage[], groups: readonly Group[]): DamagedImage[] => {
  const images = new Map(hashed.map((image) => [image.ordinal, image]));
  for (const { ordinal, path, damaged: detail } of groups.flatMap((group) => group.members))
    if (detail !== undefined) images.set(ordinal, { ordinal, path, detail });
  return [...images.values()].sort((a, b) => a.ordinal - b.ordinal);
};

const keeperPath = ({ number, keeper, members }: Group): string => {
  const member = members.find(({ ordinal }) => ordinal === keeper);
  if (member === undefined) throw new Error(`the keeper ${keeper} of group ${number} is not a member of it`);
  return member.path;
};

const GROUPS_SHOWN = 20;
const FAILURES_SHOWN = 10;

const textReport = (
  job: Job,
  groups: readonly Group[],
  failed: readonly FailedImage[],
  damaged: readonly DamagedImage[],
  seconds: number,
): string => {
  const lines = groups
    .slice(0, GROUPS_SHOWN)
    .flatMap((group, at) => [
      `${String(at + 1).padStart(4)}  ${group.kind}`,
      ...group.members.map((member) => memberLine(member, group)),
    ]);
  if (groups.length > GROUPS_SHOWN) lines.push(`      … and ${groups.length - GROUPS_SHOWN} more groups`);
  if (failed.length > 0) lines.push("", `${failed.length} could not be read:`);
  for (const { path, reason, detail } of failed.slice(0, FAILURES_SHOWN))
    lines.push(`      ${printableName(path)}  ${reason}: ${printableLine(detail)}`);
  if (failed.length > FAILURES_SHOWN) lines.push(`      … and ${failed.length - FAILURES_SHOWN} more`);
  if (damaged.length > 0) lines.push("", `${countText(damaged.length, "damaged file")}:`);
  for (const { path, detail } of damaged.slice(0, FAILURES_SHOWN))
    lines.push(`      ${printableName(path)}  ${printableLine(detail)}`);
  if (damaged.length > FAILURES_SHOWN) lines.push(`      … and ${damaged.length - FAILURES_SHOWN} more`);
  const reclaimable = groups.reduce((sum, group) => sum + group.reclaimableBytes, 0);
  const pictures = groups.reduce((sum, group) => sum + group.members.length, 0);
  const freed = reclaimable > 0 ? `; keeping one of each would free ${sizeText(reclaimable)}` : "";
  lines.push("", ...filesLines(job));
  lines.push(
    `${countText(job.totalImages, "image")}, ${countText(groups.length, "group")} of look-alikes with ${countText(pictures, "picture")}${freed} (${seconds.toFixed(1)} s).`,
  );
  return lines.join("\n");
};

type Member = Group["members"][number];

const memberLine = (member: Member, { keeper, keeperReason }: Group): string => {
  const isKeeper = member.ordinal === keeper;
  const reason = isKeeper ? `  (${keeperReason.replaceAll("-", " ")})` : "";
  return `${isKeeper ? "      keep  " : "            "}${printableName(member.path)}  ${facts(member)}${reason}`.trimEnd();
};

const facts = ({ width, height, bytes, pages, film, distance, sameFileAs, damaged }: Member): string =>
  [
    width === undefined || height === undefined ? "" : `${width} x ${height}`,
    bytes === undefined ? "" : sizeText(bytes),
    pages === undefined ? "" : countText(pages, "page"),
    film === true ? "with a film" : "",
    distance === null || distance === 0 ? "" : `${distance} bits away`,
    sameFileAs === null ? "" : "another name of the same file",
    damaged === undefined ? "" : `damaged: ${printableLine(damaged)}`,
  ]
    .filter((fact) => fact !== "")
    .join(", ");
