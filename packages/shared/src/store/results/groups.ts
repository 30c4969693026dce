import { type AnyColumn, and, asc, count, desc, eq, gt, gte, isNotNull, isNull, lt, type SQL, sql } from "drizzle-orm";
import { isAcceptedByRule } from "../../domain/grouping/family-kind.ts";
import type { GroupKind } from "../../domain/grouping/keeper.ts";
import { nameOfBytes } from "../../domain/image/file-name.ts";
import type { PairKind } from "../../domain/image/pair-kind.ts";
import type { GroupToDecide } from "../../domain/review/bulk-rule.ts";
import { missingData } from "../../runtime/errors.ts";
import { FairTurns } from "../../runtime/fair-turns.ts";
import { mapInSlices } from "../../runtime/loop-turns.ts";
import { readFacts } from "../blocks/block-facts.ts";
import { type NamedRow, named } from "../catalog/images.ts";
import { PLANNED_EACH_TIME } from "../hot-statements.ts";
import type { Db } from "../open.ts";
import { type groupMember, imageGroup } from "../schema.ts";
import { isOneOf } from "../sql.ts";
import { hasGroup, isAt, type Place, type Result, readPlace } from "./results.ts";

/** A result, with what is needed to read the images of its groups. */
export interface GroupsOf extends Result {
  readonly tenant: string;
  readonly catalogId: string;
  /** null until the job is listed: until then it has no groups. */
  readonly blockSize: number | null;
}

/** Conditions on groups: {} is every group. */
interface GroupFilter {
  readonly kind?: GroupKind | undefined;
  readonly minSize?: number | undefined;
  readonly minReclaimableBytes?: number | undefined;
  readonly decided?: boolean | undefined;
  /** Whether an earlier decision is about some of its images. */
  readonly reopened?: boolean | undefined;
  readonly numbers?: readonly number[] | undefined;
}

/** By number, the newest first, or by reclaimable bytes, most first; from after a position on. */
export type GroupOrder =
  | { readonly by: "number" | "newest"; readonly after: number }
  | { readonly by: "reclaimable"; readonly after: { readonly bytes: number; readonly number: number } };

const matching = (place: Place, filter: GroupFilter) => {
  const { kind, minSize, minReclaimableBytes, decided, reopened, numbers } = filter;
  return and(
    isAt(place),
    kind === undefined ? undefined : eq(imageGroup.kind, kind),
    minSize === undefined ? undefined : gte(imageGroup.size, minSize),
    minReclaimableBytes === undefined ? undefined : gte(imageGroup.reclaimableBytes, minReclaimableBytes),
    isSet(imageGroup.decisionId, decided),
    isSet(imageGroup.reopenedId, reopened),
    numbers === undefined ? undefined : isOneOf(sql`${imageGroup.number}`, numbers),
  );
};

const isSet = (column: AnyColumn, expected: boolean | undefined) => {
  if (expected === undefined) return undefined;
  return expected ? isNotNull(column) : isNull(column);
};

/** Groups with their members' names and facts. */
export const listGroups = async (db: Db, of: GroupsOf, filter: GroupFilter, order: GroupOrder, limit: number) => {
  const place = await readPlace(db, of);
  if (place === null) return [];
  const after = isAfter(order);
  const groups = await db
    .select()
    .from(imageGroup)
    // How many groups a lineage has decides whether they are sorted or read in the order of an index.
    .where(and(matching(place, filter), after, PLANNED_EACH_TIME))
    .orderBy(...sortedBy(order))
    .limit(limit);
  return inTurnIfLarge(of, groups, () => withMembers(db, of, place, groups));
};

const isAfter = (order: GroupOrder): SQL => {
  switch (order.by) {
    case "number":
      return gt(imageGroup.number, order.after);
    case "newest":
      return lt(imageGroup.number, order.after);
    case "reclaimable":
      return sql`${imageGroup.reclaimableBytes} <= ${order.after.bytes} and (${imageGroup.reclaimableBytes} < ${order.after.bytes} or ${imageGroup.number} > ${order.after.number})`;
  }
};

const sortedBy = ({ by }: GroupOrder): SQL[] => {
  if (by === "newest") return [desc(imageGroup.number)];
  // In the order of the index: with the default, nulls first, PostgreSQL would sort all groups for each page.
  return [...(by === "number" ? [] : [sql`${imageGroup.reclaimableBytes} desc nulls last`]), asc(imageGroup.number)];
};

/** The groups that images are in, with what each image is to the keeper. */
export const membershipsOf = async (db: Db, of: Result, ordinals: readonly number[]) => {
  type Membership = Record<"number" | "ordinal" | "keeper", number> &
    Pick<typeof groupMember.$inferSelect, "kind" | "via">;
  const { rows } = await db.execute<Membership>(sql`
    select number, ordinal, keeper, group_member.kind, via from image_group join group_member using (lineage, number)
    where ${hasGroup(of)} and ${isOneOf(sql`ordinal`, ordinals)} order by number, ordinal`);
  return rows;
};

/** @param isInTransaction whether others may wait for it: then it waits for no turn */
export const getGroup = async (db: Db, of: GroupsOf, number: number, isInTransaction = false) => {
  const place = await readPlace(db, of);
  if (place === null) return null;
  const groups = await db.query.imageGroup.findMany({ where: and(isAt(place), eq(imageGroup.number, number)) });
  const read = () => withMembers(db, of, place, groups);
  const [group] = await (isInTransaction ? read() : inTurnIfLarge(of, groups, read));
  return group ?? null;
};

/** For each kind of a result's groups: how many there are, are undecided and are reopened, and the bytes that keeping one of each frees. */
export const groupStatistics = async (db: Db, of: Result) => {
  const place = await readPlace(db, of);
  if (place === null) return [];
  return db
    .select({
      kind: imageGroup.kind,
      groups: count(),
      undecided: sql<number>`count(*) filter (where ${imageGroup.decisionId} is null)::int`,
      reopened: sql<number>`count(*) filter (where ${imageGroup.reopenedId} is not null)::int`,
      images: sql<number>`sum(${imageGroup.size})::int`,
      reclaimableBytes: sql<number>`sum(${imageGroup.reclaimableBytes})::float8`,
    })
    .from(imageGroup)
    .where(isAt(place))
    .groupBy(imageGroup.kind)
    .orderBy(asc(imageGroup.kind));
};

type GroupRow = typeof imageGroup.$inferSelect;

/** Groups with more images than these are read in turns: each image takes memory until the response is written. */
const LARGE_IMAGES = 5_000;
const largeReads = new FairTurns({ turns: 4, turnsPerTenant: 2, turnsForSmall: 0 });

const inTurnIfLarge = <Read>(
  { tenant }: GroupsOf,
  groups: readonly GroupRow[],
  read: () => Promise<Read>,
): Promise<Read> => {
  const images = groups.reduce((sum, { size }) => sum + size, 0);
  return images > LARGE_IMAGES ? largeReads.run({ tenant, began: Date.now(), size: images }, read) : read();
};

/**
 * A group without some of its members would be decided about as if they were not there.
 * @throws MissingDataError where rows of members, or of their images, are not stored
 */
const requireMembers = ({ jobId }: Result, { number, size }: Pick<GroupRow, "number" | "size">, stored: number) => {
  if (stored !== size)
    throw missingData(
      [`${size - stored} of the ${size} images of group ${number} of job ${jobId}`],
      "replay with apply restores images from the log, and rerun-finalize groups again.",
    );
};

const withMembers = async (db: Db, of: GroupsOf, { lineage }: Place, groups: readonly GroupRow[]) => {
  if (groups.length === 0) return [];
  const { catalogId, blockSize } = of;
  const numbers = groups.map(({ number }) => number);
  // Without drizzle's mapper, which takes longer than the query.
  const { rows } = await db.execute<MemberRow & { number: number }>(sql`
    select number, member.ordinal, distance, damaged, same_file_as as "sameFileAs", member.kind, probability, via, comparison, path, modified_at as "modifiedAt"
    from group_member member join image on image.catalog_id = ${catalogId} and image.ordinal = member.ordinal
    where lineage = ${lineage} and ${isOneOf(sql`number`, numbers)}
    order by number, member.ordinal`);
  const factsOf = await readFacts(db, catalogId, blockSize, rows, true);
  // A page may have all images of a catalog.
  const members = await mapInSlices(rows, ({ number, damaged, ...member }) => ({
    number,
    member: {
      ...named(member),
      ...factsOf(member.ordinal).facts,
      // Grouping also finds damage that hashing does not.
      ...(damaged === null ? {} : { damaged }),
    },
  }));
  const membersOf = new Map<number, (typeof members)[number]["member"][]>(numbers.map((number) => [number, []]));
  for (const { number, member } of members) membersOf.get(number)?.push(member);
  return groups.map((group) => {
    const ofGroup = membersOf.get(group.number) ?? [];
    requireMembers(of, group, ofGroup.length);
    return { ...group, jobId: of.jobId, members: ofGroup };
  });
};

type MemberRow = NamedRow & {
  readonly ordinal: number;
  readonly distance: number | null;
  readonly sameFileAs: number | null;
  readonly damaged: string | null;
} & Pick<typeof groupMember.$inferSelect, "kind" | "probability" | "via" | "comparison">;

/** Every group that matches, with its images, for one decision about many groups. */
export const readGroupsToDecide = async (db: Db, of: GroupsOf, filter: GroupFilter): Promise<GroupToDecide[]> => {
  const place = await readPlace(db, of);
  if (place === null) return [];
  type Member = [
    ordinal: number,
    path: string,
    bytes: number,
    isDamaged: boolean,
    sameFileAs: number | null,
    ...Relation,
  ];
  type Relation = [kind: PairKind | null, via: number | null];
  const { rows } = await db.execute<{ number: number; keeper: number; size: number; members: Member[] }>(sql`
    select number, keeper, size,
      array_agg(json_build_array(ordinal, encode(path, 'hex'), coalesce(bytes, 0), damaged is not null, same_file_as, group_member.kind, via) order by ordinal) as members
    from image_group join group_member using (lineage, number)
    join image using (ordinal)
    where image.catalog_id = ${of.catalogId} and ${matching(place, filter)}
    group by number, keeper, size order by number`);
  for (const group of rows) requireMembers(of, group, group.members.length);
  return rows.map(({ members, size: _, ...group }) => ({
    ...group,
    members: members.map(([ordinal, path, bytes, isDamaged, sameFileAs, kind, via]) => ({
      ordinal,
      path: nameOfBytes(Buffer.from(path, "hex")),
      bytes,
      isDamaged,
      sameFileAs,
      mayGo: kind === null || isAcceptedByRule({ kind, via }),
    })),
  }));
};
