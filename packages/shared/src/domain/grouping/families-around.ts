import { groupBy } from "../primitives/group-by.ts";
import { equalMembers } from "./equal-members.ts";
import type { Family, FamilyMember, Separated } from "./family.ts";
import { compareOrigins, type Member, type Origin } from "./keeper.ts";
import { compareLinks, type Link, type Links, linksBetween } from "./links.ts";
import { composedKind, isCopyKind, isWholeCopy, type Relation } from "./relation.ts";

/** Equal images, the most likely origin first. */
type Node = readonly [Origin, ...Origin[]];

/** How a node belongs to a master's family. */
interface Place {
  readonly master: number;
  readonly link: Link;
  /** The whole copy of the master that it was compared with; null = the master itself. */
  readonly via: number | null;
}

/**
 * The families around the masters of connected images. The likeliest origin is a master, then each next one that no master reaches; then the others
 * join the master that they have the strongest link to.
 * @returns also the images that are in no family so far, though one of them may be another's master: those that owners have separated
 */
export const familiesAround = (
  members: readonly Member[],
  relations: readonly Relation[],
  separated: Separated,
): { found: Family[]; leftOver: Member[] } => {
  const sets = equalMembers(members, relations);
  const links = linksBetween(sets, relations);
  const nodes = sets.map((set, number) => nodeOf(set, isMade(links, number)));
  const order = [...nodes.keys()].sort((x, y) => compareOrigins(originOf(nodes, x), originOf(nodes, y)).order);
  const masters = mastersOf(order, links);
  const places = placesOf(order, masters, links);
  const found: Family[] = [];
  const leftOver: Member[] = [];
  const placesOfMaster = groupBy(places, ([, { master }]) => master);
  for (const master of masters.keys()) {
    const family = familyOf(nodes, master, placesOfMaster.get(master) ?? [], separated);
    if (family.members.length > 0) found.push(family);
    leftOver.push(...family.leftOver);
  }
  for (const number of order)
    if (!masters.has(number) && !places.has(number))
      leftOver.push(...(nodes[number] ?? []).map(({ member }) => member));
  return { found, leftOver: leftOver.sort((a, b) => a.ordinal - b.ordinal) };
};

/** Whether as many others say that they were the source of this one as say that it was theirs: one wrong relation does not make a copy of an original. */
const isMade = (links: Links, number: number): boolean => {
  const sources = [...(links[number] ?? []).values()].flatMap(({ kind, source }) =>
    source === null || !isCopyKind(kind) ? [] : [source],
  );
  const made = sources.filter((source) => source !== number).length;
  return made > 0 && 2 * made >= sources.length;
};

const JPEG = "jpeg";

const nodeOf = (set: readonly Member[], made: boolean): Node => {
  const hasJpeg = set.some(({ facts }) => facts.format === JPEG);
  const [first, ...others] = set
    .map((member) => ({
      member,
      isMade: made,
      isFromJpeg: member.facts.format !== JPEG && (hasJpeg || (member.jpegGrid ?? 0) > 0),
    }))
    .sort((a, b) => compareOrigins(a, b).order);
  if (first === undefined) throw new RangeError("a set of equal images has one at least");
  return [first, ...others];
};

const nodeAt = (nodes: readonly Node[], number: number): Node => {
  const node = nodes[number];
  if (node === undefined) throw new RangeError(`there is no set ${number} of equal images`);
  return node;
};

const originOf = (nodes: readonly Node[], number: number): Origin => nodeAt(nodes, number)[0];

/** The masters, in their order, with their rank. */
const mastersOf = (order: readonly number[], links: Links): ReadonlyMap<number, number> => {
  const masters = new Map<number, number>();
  const copied = new Map<number, number[]>();
  for (const number of order) {
    if (waysTo(number, masters, copied, links).length > 0) continue;
    masters.set(number, masters.size);
    for (const [copy, { kind }] of links[number] ?? [])
      if (isWholeCopy(kind)) copied.set(copy, [...(copied.get(copy) ?? []), number]);
  }
  return masters;
};

/**
 * How a node may belong to masters.
 * @param copied of each node the masters that it is a whole copy of
 */
const waysTo = (
  number: number,
  masters: ReadonlyMap<number, number>,
  copied: ReadonlyMap<number, readonly number[]>,
  links: Links,
): Place[] => {
  const own = links[number];
  const ways: Place[] = [];
  for (const [other, link] of own ?? []) {
    if (!isCopyKind(link.kind)) continue;
    if (masters.has(other)) ways.push({ master: other, link, via: null });
    for (const master of copied.get(other) ?? []) {
      const toMaster = links[other]?.get(master);
      // Where a pair was looked at, what was found counts, and no copy between.
      if (master === number || toMaster === undefined || own?.has(master) === true) continue;
      const kind = composedKind(link.kind, toMaster.kind);
      const probability = link.probability * toMaster.probability;
      ways.push({ master, link: { kind, probability, source: master, of: link.of }, via: other });
    }
  }
  return ways;
};

/** Where each node belongs that is no master: first those with a link to a master, then those that were compared with one of these. */
const placesOf = (
  order: readonly number[],
  masters: ReadonlyMap<number, number>,
  links: Links,
): ReadonlyMap<number, Place> => {
  const rankOf = (master: number): number => masters.get(master) ?? masters.size;
  const places = new Map<number, Place>();
  const copied = new Map<number, number[]>();
  const strongest = (ways: readonly Place[]): Place | undefined =>
    [...ways].sort(
      (a, b) => comparePlaces(a, b) || rankOf(a.master) - rankOf(b.master) || (a.via ?? 0) - (b.via ?? 0),
    )[0];
  for (const isDirect of [true, false])
    for (const number of order) {
      if (masters.has(number) || places.has(number)) continue;
      const place = strongest(waysTo(number, masters, copied, links).filter(({ via }) => (via === null) === isDirect));
      if (place === undefined) continue;
      places.set(number, place);
      if (isDirect && isWholeCopy(place.link.kind)) copied.set(number, [place.master]);
    }
  return places;
};

/** The stronger place first; a whole copy belongs to the likelier origin, whatever its size is. */
const comparePlaces = ({ link: a }: Place, { link: b }: Place): number => {
  if (isWholeCopy(a.kind) && isWholeCopy(b.kind)) return 0;
  return compareLinks(a, b);
};

const familyOf = (
  nodes: readonly Node[],
  master: number,
  places: readonly (readonly [number, Place])[],
  separated: Separated,
): Family & { leftOver: Member[] } => {
  const [own, ...equals] = nodeAt(nodes, master);
  const origins: { readonly origin: Origin; readonly about: FamilyMember }[] = equals.map((origin) => ({
    origin,
    about: {
      ordinal: origin.member.ordinal,
      kind: equalKind(own.member, origin.member),
      probability: 1,
      via: null,
      pair: null,
    },
  }));
  for (const [number, { link, via }] of [...places].sort(([x, a], [y, b]) => compareLinks(a.link, b.link) || x - y))
    for (const origin of nodeAt(nodes, number)) {
      const { kind, probability, of: pair } = link;
      const about = { ordinal: origin.member.ordinal, kind, probability, pair };
      origins.push({ origin, about: { ...about, via: via === null ? null : originOf(nodes, via).member.ordinal } });
    }
  const joined: typeof origins = [];
  const leftOver: Member[] = [];
  const ordinals = new Set([own.member.ordinal]);
  for (const one of origins) {
    const { ordinal } = one.about;
    if ([...(separated.get(ordinal) ?? [])].some((other) => ordinals.has(other))) {
      leftOver.push(one.origin.member);
      continue;
    }
    ordinals.add(ordinal);
    joined.push(one);
  }
  const [next] = joined.map(({ origin }) => origin).sort((a, b) => compareOrigins(a, b).order);
  return {
    master: own.member.ordinal,
    reason: next === undefined ? "first-path" : compareOrigins(own, next).reason,
    members: joined.map(({ about }) => about).sort((a, b) => a.ordinal - b.ordinal),
    leftOver,
  };
};

const equalKind = (a: Member, b: Member): "identical" | "same-pixels" =>
  a.contentDigest !== null && a.contentDigest === b.contentDigest ? "identical" : "same-pixels";
