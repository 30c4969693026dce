import { z } from "zod";
import { bytesOfName } from "../image/file-name.ts";
import type { ImageFacts } from "../image/hash-block.ts";
import { CopyKind } from "../image/pair-kind.ts";
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
  /** The grid of a JPEG's blocks that is seen in the picture, in its pixels: the evidence's `resolution.grid`; 0 = none. Left out where it is not known. */
  readonly jpegGrid?: number;
}

/** Why the keeper was chosen: the first rule by which it beats every other member. */
export const KeeperReason = z.enum([
  "whole",
  "undamaged",
  "holds-more",
  "highest-resolution",
  "camera-facts",
  "original-format",
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
const HashKind = z.enum(["exact", "damaged", "partial", "variant", "derivative", "burst", "near-duplicate"]);
type HashKind = z.infer<typeof HashKind>;

/** The kind of a group: by its hashes, or, where its pictures were looked at, that of the member which differs most from the master. */
export const GroupKind = z.enum([...HashKind.options, ...CopyKind.options, "unverified"]);
export type GroupKind = z.infer<typeof GroupKind>;

/** What is unknown ranks last. */
export const isDamaged = ({ facts }: Member): boolean => facts.damaged !== undefined;
/** Pages and films in a file. */
const contents = ({ pages = 1, film = false }: ImageFacts): number => pages + (film ? 1 : 0);
const pixels = ({ facts }: Member): number => (facts.width ?? 0) * (facts.height ?? 0);
const bytes = ({ facts }: Member): number => facts.bytes ?? 0;
/** EXIF time and file time are both ISO-like strings, so they order as text. */
const LAST_TIME = "9999";
const time = ({ facts, modifiedAt }: Member): string => facts.takenAt ?? modifiedAt ?? LAST_TIME;

interface Rule<Item = Member> {
  readonly reason: KeeperReason;
  readonly order: (a: Item, b: Item) => number;
}

const SOUND: readonly Rule[] = [
  { reason: "undamaged", order: (a, b) => Number(isDamaged(a)) - Number(isDamaged(b)) },
  { reason: "holds-more", order: (a, b) => contents(b.facts) - contents(a.facts) },
];

const LARGEST: Rule = { reason: "highest-resolution", order: (a, b) => pixels(b) - pixels(a) };
const LEAST_COMPRESSED: Rule = { reason: "most-bytes", order: (a, b) => bytes(b) - bytes(a) };

const BY_NAME_AND_TIME: readonly Rule[] = [
  { reason: "plain-name", order: (a, b) => Number(isCopyName(a.path)) - Number(isCopyName(b.path)) },
  { reason: "oldest", order: (a, b) => compareText(time(a), time(b)) },
  { reason: "first-path", order: (a, b) => Buffer.compare(bytesOfName(a.path), bytesOfName(b.path)) },
];

/** Of look-alikes whose relations are not known. */
const RULES: readonly Rule[] = [...SOUND, LARGEST, LEAST_COMPRESSED, ...BY_NAME_AND_TIME];

const compareText = (a: string, b: string): number => Number(a > b) - Number(a < b);

/** The member to keep, and the rule that decided: the first by which it is better. A damaged one only where all are. */
export const chooseKeeper = (members: readonly Member[]): { keeper: Member; reason: KeeperReason } => {
  const [keeper, next] = [...members].sort((a, b) => decided(RULES, a, b).order);
  if (keeper === undefined || next === undefined) throw new RangeError("a group has two members at least");
  return { keeper, reason: decided(RULES, keeper, next).reason };
};

/** A member of a family, with what its relations say about how it was made. */
export interface Origin {
  readonly member: Member;
  /** Whether it was made from another one: a part of it, or it with something around. */
  readonly isMade: boolean;
  /** Whether it is of another format than JPEG, and was made from one: its blocks are seen, or a JPEG has the very same pixels. */
  readonly isFromJpeg: boolean;
}

/** A JPEG that was enlarged has as many pixels as before: its blocks of 8 have grown with it. */
const ownPixels = ({ jpegGrid = 0, ...member }: Member): number => pixels(member) * (8 / Math.max(8, jpegGrid)) ** 2;
const hasCamera = ({ facts: { camera, takenAt } }: Member): boolean => camera !== undefined || takenAt !== undefined;

const ofMember = ({ reason, order }: Rule): Rule<Origin> => ({ reason, order: (a, b) => order(a.member, b.member) });

/** Which of two members the other was more likely made from. */
const ORIGIN_RULES: readonly Rule<Origin>[] = [
  { reason: "whole", order: (a, b) => Number(a.isMade) - Number(b.isMade) },
  ...SOUND.map(ofMember),
  { reason: "highest-resolution", order: (a, b) => ownPixels(b.member) - ownPixels(a.member) },
  { reason: "camera-facts", order: (a, b) => Number(hasCamera(b.member)) - Number(hasCamera(a.member)) },
  { reason: "original-format", order: (a, b) => Number(a.isFromJpeg) - Number(b.isFromJpeg) },
  ...[LEAST_COMPRESSED, ...BY_NAME_AND_TIME].map(ofMember),
];

/** By which rule one of two members of a family ranks before the other: negative = a is first. Only a member itself is equal to it by all. */
export const compareOrigins = (a: Origin, b: Origin): { order: number; reason: KeeperReason } =>
  decided(ORIGIN_RULES, a, b);

const decided = <Item>(rules: readonly Rule<Item>[], a: Item, b: Item): { order: number; reason: KeeperReason } => {
  for (const { reason, order } of rules) {
    const difference = order(a, b);
    if (difference !== 0) return { order: difference, reason };
  }
  return { order: 0, reason: "first-path" };
};

/** By how much the ratios of width to height of one shape may differ. */
const SAME_SHAPE = 0.02;
const BURST_SECONDS = 3;

/** The kind of a group by hashes: it depends on the members alone. */
export const kindOf = (members: readonly Member[]): HashKind => {
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
