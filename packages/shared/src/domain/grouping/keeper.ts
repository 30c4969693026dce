import { z } from "zod";
import { bytesOfName } from "../image/file-name.ts";
import type { ImageFacts } from "../image/hash-block.ts";
import { at } from "../primitives/columns.ts";
import { isCopyName } from "./copy-name.ts";

/** What choosing the keeper and the kind of a group needs of each member. */
export interface Member {
  readonly ordinal: number;
  readonly path: string;
  readonly fingerprint: string;
  readonly contentDigest: string | null;
  readonly modifiedAt: string | null;
  readonly facts: ImageFacts;
  /** Equal for hard links to one file; null = not known. */
  readonly fileId: string | null;
}

/** Why the keeper was chosen: the first rule by which it beats every other member. */
export const KeeperReason = z.enum([
  "undamaged",
  "holds-more",
  "highest-resolution",
  "most-bytes",
  "plain-name",
  "oldest",
  "first-path",
]);
export type KeeperReason = z.infer<typeof KeeperReason>;

/**
 * exact: the same bytes. damaged: a member's file is damaged, so that it is not the same as any other. partial: alike
 * in their first page, frame or picture, but some hold others besides. variant: the same picture resized or encoded again.
 * derivative: another shape, as after a
 * crop. burst: one scene, photographed several times. near-duplicate: the images' sizes are unknown.
 */
export const GroupKind = z.enum(["exact", "damaged", "partial", "variant", "derivative", "burst", "near-duplicate"]);
export type GroupKind = z.infer<typeof GroupKind>;

/** What is unknown ranks last. */
const isDamaged = ({ facts }: Member): boolean => facts.damaged !== undefined;
/** Pages and films in a file. */
const contents = ({ pages = 1, film = false }: ImageFacts): number => pages + (film ? 1 : 0);
const pixels = ({ facts }: Member): number => (facts.width ?? 0) * (facts.height ?? 0);
const bytes = ({ facts }: Member): number => facts.bytes ?? 0;
/** EXIF time and file time are both ISO-like strings, so they order as text. */
const LAST_TIME = "9999";
const time = ({ facts, modifiedAt }: Member): string => facts.takenAt ?? modifiedAt ?? LAST_TIME;

const RULES: readonly { reason: KeeperReason; order: (a: Member, b: Member) => number }[] = [
  { reason: "undamaged", order: (a, b) => Number(isDamaged(a)) - Number(isDamaged(b)) },
  { reason: "holds-more", order: (a, b) => contents(b.facts) - contents(a.facts) },
  { reason: "highest-resolution", order: (a, b) => pixels(b) - pixels(a) },
  { reason: "most-bytes", order: (a, b) => bytes(b) - bytes(a) },
  { reason: "plain-name", order: (a, b) => Number(isCopyName(a.path)) - Number(isCopyName(b.path)) },
  { reason: "oldest", order: (a, b) => compareText(time(a), time(b)) },
  { reason: "first-path", order: (a, b) => Buffer.compare(bytesOfName(a.path), bytesOfName(b.path)) },
];

const compareText = (a: string, b: string): number => Number(a > b) - Number(a < b);

/** The member to keep, and the rule that decided: the first of {@link RULES} by which it is better. A damaged one only where all are. */
export const chooseKeeper = (members: readonly Member[]): { keeper: Member; reason: KeeperReason } => {
  const keeper = bestOf(members);
  const next = bestOf(members.filter((member) => member !== keeper));
  if (keeper === undefined || next === undefined) throw new RangeError("a group has two members at least");
  return { keeper, reason: decidingRule(keeper, next)?.reason ?? "first-path" };
};

const bestOf = ([first, ...others]: readonly Member[]): Member | undefined =>
  others.reduce((best, member) => {
    if (best === undefined) return member;
    const order = decidingRule(member, best)?.order(member, best) ?? 0;
    return order < 0 ? member : best;
  }, first);

/** The first rule by which one of two members is better; undefined where they are equal by all. */
const decidingRule = (a: Member, b: Member) => RULES.find(({ order }) => order(a, b) !== 0);

/** By how much the ratios of width to height of one shape may differ. */
const SAME_SHAPE = 0.02;
const BURST_SECONDS = 3;

/** The kind of a group: it depends on the members alone. */
export const kindOf = (members: readonly Member[]): GroupKind => {
  if (members.some(isDamaged)) return "damaged";
  const digests = new Set(members.map((member) => member.contentDigest));
  if (digests.size === 1 && !digests.has(null)) return "exact";
  if (!holdTheSame(members.map(({ facts }) => facts))) return "partial";
  if (isBurst(members)) return "burst";
  const shapes = members.flatMap(({ facts: { width, height } }) =>
    width === undefined || height === undefined ? [] : [width / height],
  );
  if (shapes.length < members.length) return "near-duplicate";
  return Math.max(...shapes) / Math.min(...shapes) <= 1 + SAME_SHAPE ? "variant" : "derivative";
};

/** Whether files hold the same besides their first pictures, as far as that is known: nothing, or the same pages. */
export const holdTheSame = ([first, ...others]: readonly ImageFacts[]): boolean => {
  if (first === undefined) return true;
  const hasMore = contents(first) > 1;
  if (hasMore && first.moreDigest === undefined) return false;
  return others.every((other) => contents(other) === contents(first) && other.moreDigest === first.moreDigest);
};

/** Whether one camera took all members, as full frames of one size, each at another time, within seconds. */
const isBurst = (members: readonly Member[]): boolean => {
  const [first, ...others] = members.map(({ facts }) => facts);
  if (first === undefined || first.camera === undefined) return false;
  const isSameFrame = others.every(
    ({ camera, width, height }) => camera === first.camera && width === first.width && height === first.height,
  );
  // A time that is unknown is NaN: it sorts last, and no gap to it is short enough.
  const times = Float64Array.from(members, ({ facts }) => Date.parse(`${facts.takenAt}Z`) / 1000).sort();
  const gaps = times.subarray(1).map((taken, index) => taken - at(times, index));
  return isSameFrame && gaps.every((gap) => gap > 0 && gap <= BURST_SECONDS);
};
