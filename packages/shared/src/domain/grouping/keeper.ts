import { z } from "zod";
import { bytesOfName } from "../image/file-name.ts";
import type { ImageFacts } from "../image/hash-block.ts";

/** A member of a group, as far as ranking and naming the group need it. */
export interface Member {
  readonly ordinal: number;
  readonly path: string;
  readonly contentDigest: string | null;
  readonly modifiedAt: string | null;
  readonly facts: ImageFacts;
}

/** Why the keeper was chosen: the first rule by which it beats every other member. */
export const KeeperReason = z.enum(["highest-resolution", "most-bytes", "oldest", "first-path"]);
export type KeeperReason = z.infer<typeof KeeperReason>;

/**
 * exact: the same bytes. variant: the same picture resized or encoded again. derivative: another shape, as after a
 * crop. burst: one scene, photographed several times. near-duplicate: the images' sizes are unknown.
 */
export const GroupKind = z.enum(["exact", "variant", "derivative", "burst", "near-duplicate"]);
export type GroupKind = z.infer<typeof GroupKind>;

const pixels = ({ facts }: Member): number => (facts.width ?? 0) * (facts.height ?? 0);
const bytes = ({ facts }: Member): number => facts.bytes ?? 0;
/** EXIF time and file time are both ISO-like strings: they order as text. Unknown comes last. */
const time = ({ facts, modifiedAt }: Member): string => facts.takenAt ?? modifiedAt ?? "9999";

const RULES: readonly { reason: KeeperReason; order: (a: Member, b: Member) => number }[] = [
  { reason: "highest-resolution", order: (a, b) => pixels(b) - pixels(a) },
  { reason: "most-bytes", order: (a, b) => bytes(b) - bytes(a) },
  { reason: "oldest", order: (a, b) => (time(a) < time(b) ? -1 : time(a) > time(b) ? 1 : 0) },
  { reason: "first-path", order: (a, b) => Buffer.compare(bytesOfName(a.path), bytesOfName(b.path)) },
];

/** The member to keep, and the rule that decided: resolution, then bytes, then age, then path. */
export const chooseKeeper = (members: readonly Member[]): { keeper: Member; reason: KeeperReason } => {
  let best = [...members];
  for (const { reason, order } of RULES) {
    const [first] = [...best].sort(order);
    if (first === undefined) break;
    const tied = best.filter((member) => order(first, member) === 0);
    if (tied.length === 1) return { keeper: first, reason };
    best = tied;
  }
  const keeper = best[0];
  if (keeper === undefined) throw new RangeError("a group without members has no keeper");
  return { keeper, reason: "first-path" };
};

const SAME_SHAPE = 0.02;
const BURST_SECONDS = 3;

/** What the group is, by its members alone. */
export const kindOf = (members: readonly Member[]): GroupKind => {
  const digests = new Set(members.map((member) => member.contentDigest));
  if (digests.size === 1 && !digests.has(null)) return "exact";
  if (isBurst(members)) return "burst";
  const shapes = members.map(({ facts }) => (facts.width ?? Number.NaN) / (facts.height ?? Number.NaN));
  if (shapes.some(Number.isNaN)) return "near-duplicate";
  return Math.max(...shapes) / Math.min(...shapes) <= 1 + SAME_SHAPE ? "variant" : "derivative";
};

/** One camera, full frames of one size, each taken at its own time, close after one another. */
const isBurst = (members: readonly Member[]): boolean => {
  const { camera, width, height } = members[0]?.facts ?? {};
  if (camera === undefined) return false;
  const same = members.every(
    ({ facts }) => facts.camera === camera && facts.width === width && facts.height === height,
  );
  const times = members.map(({ facts }) => Date.parse(`${facts.takenAt}Z`) / 1000).sort((a, b) => a - b);
  return (
    same &&
    times.every((taken, at) => {
      const gap = taken - (times[at - 1] ?? taken - 1);
      return gap > 0 && gap <= BURST_SECONDS;
    })
  );
};
