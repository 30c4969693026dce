import prettyBytes from "pretty-bytes";
import type { FailedImage, Group, Job } from "./client.ts";

/** The object that `--json` prints; docs/json.md documents it. A new `version` means a breaking change. */
export interface JsonReport {
  readonly version: 1;
  readonly job: string;
  readonly images: number;
  readonly blocks: number;
  readonly pairs: number;
  readonly tasks: number;
  readonly tasksDone: number;
  readonly tasksQuarantined: number;
  readonly flat: number;
  readonly threshold: number | null;
  readonly grouping: string;
  readonly failed: readonly { readonly path: string; readonly reason: string; readonly detail: string }[];
  readonly groups: readonly {
    readonly kind: string;
    readonly keeper: string;
    readonly keeperReason: string;
    readonly members: readonly string[];
  }[];
  readonly seconds: number;
}

export interface Result {
  readonly job: Job;
  readonly groups: readonly Group[];
  readonly failed: readonly FailedImage[];
  readonly seconds: number;
}

export const jsonReport = ({ job, groups, failed, seconds }: Result): JsonReport => ({
  version: 1,
  job: job.id,
  images: job.totalImages,
  blocks: job.totalBlocks,
  pairs: job.totalBlockPairs,
  tasks: job.totalTasks,
  tasksDone: job.completedTasks,
  tasksQuarantined: job.quarantinedTasks,
  flat: job.result?.flatImages ?? 0,
  threshold: job.thresholdBits,
  grouping: job.options.grouping,
  failed: failed.map(({ path, reason, detail }) => ({ path, reason, detail })),
  groups: groups.map(({ kind, keeper, keeperReason, members }) => ({
    kind,
    keeper: members.find(({ ordinal }) => ordinal === keeper)?.path ?? "",
    keeperReason,
    members: members.map(({ path }) => path),
  })),
  seconds: Math.round(seconds * 100) / 100,
});

const GROUPS_SHOWN = 20;
const FAILURES_SHOWN = 10;

/** The result as a person reads it. */
export const textReport = ({ job, groups, failed, seconds }: Result): string => {
  const lines: string[] = [];
  groups.slice(0, GROUPS_SHOWN).forEach((group, at) => {
    lines.push(`${String(at + 1).padStart(4)}  ${group.kind}`);
    for (const member of group.members) {
      const keep = member.ordinal === group.keeper;
      lines.push(
        [
          keep ? "      keep  " : "            ",
          printable(member.path),
          "  ",
          facts(member),
          keep ? `  (${group.keeperReason.replaceAll("-", " ")})` : "",
        ]
          .join("")
          .trimEnd(),
      );
    }
  });
  if (groups.length > GROUPS_SHOWN) lines.push(`      … and ${groups.length - GROUPS_SHOWN} more groups`);
  if (failed.length > 0) lines.push("", `${failed.length} could not be read:`);
  for (const { path, reason, detail } of failed.slice(0, FAILURES_SHOWN))
    lines.push(`      ${printable(path)}  ${reason}: ${detail}`);
  if (failed.length > FAILURES_SHOWN) lines.push(`      … and ${failed.length - FAILURES_SHOWN} more`);
  const reclaimable = groups.reduce((sum, group) => sum + group.reclaimableBytes, 0);
  const pictures = groups.reduce((sum, group) => sum + group.members.length, 0);
  lines.push(
    "",
    `${count(job.totalImages, "image")}, ${count(groups.length, "group")} of look-alikes with ${count(pictures, "picture")}` +
      `${reclaimable > 0 ? `; keeping one of each would free ${size(reclaimable)}` : ""} (${seconds.toFixed(1)} s).`,
  );
  return `${lines.join("\n")}\n`;
};

const count = (number: number, thing: string): string =>
  `${number.toLocaleString("en")} ${thing}${number === 1 ? "" : "s"}`;

const facts = ({ width, height, bytes, distance }: Group["members"][number]): string =>
  [
    width === undefined || height === undefined ? "" : `${width} x ${height}`,
    bytes === undefined ? "" : size(bytes),
    distance === null || distance === 0 ? "" : `${distance} bits away`,
  ]
    .filter((fact) => fact !== "")
    .join(", ");

const size = (bytes: number): string => prettyBytes(bytes, { maximumFractionDigits: 1 });

/** A file name that can't move the cursor or break the line; quoted when that changed it. */
const printable = (name: string): string => {
  const safe = JSON.stringify(name)
    .slice(1, -1)
    .replace(
      /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/gu,
      (odd) => `\\u${odd.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
  return safe === name ? name : `"${safe}"`;
};
