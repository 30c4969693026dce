import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { nameOfBytes } from "../../domain/image/file-name.ts";
import { groupBy } from "../../domain/primitives/group-by.ts";
import { continuedDecisions, effectiveDecisions } from "../../domain/review/decisions.ts";
import { successorsOf } from "../../domain/review/successors.ts";
import { pictureDigests } from "../blocks/picture-digests.ts";
import { lockCatalog } from "../catalog/catalogs.ts";
import type { CatalogShape } from "../catalog/images.ts";
import type { Db } from "../open.ts";
import { decision } from "../schema.ts";
import { integers } from "../sql.ts";
import { archivedImages } from "./archives.ts";
import { readDecisions } from "./decisions.ts";

/**
 * Continues decisions about images whose files got other metadata: a file of the same path shows the same picture, and is
 * new, or is there again after a later one was undone. A file that was elsewhere all the time is another image, and what
 * was decided about the one whose path it has now is not about it. Where no file of its path shows the picture of an image,
 * a new one elsewhere may be its successor: see {@link successorsOf}. A second call finds nothing to continue.
 */
export const continueDecisions = async (db: Db, { id, blockSize }: CatalogShape): Promise<void> => {
  await lockCatalog(db, id);
  const decisions = await readDecisions(db, id);
  const decided = new Set(effectiveDecisions(decisions).flatMap(({ members }) => members));
  if (decided.size === 0) return;
  const { digestOf, blockOf, isKnown } = pictureDigests(blockSize);
  const { rows } = await db.execute<{ before: number; now: number }>(sql`
    select before.ordinal as before, now.ordinal as now
    from image as before
    join image as now on now.catalog_id = before.catalog_id and now.path = before.path and now.vanished_in is null
    ${blockOf("before")} ${blockOf("now")}
    where before.catalog_id = ${id} and before.vanished_in is not null and before.ordinal = any(${integers(decided)})
      and (now.moved_in is null or (now.vanished_before is not null and now.ordinal < before.ordinal))
      and ${digestOf("before")} = ${digestOf("now")} and ${isKnown("now")}`);
  const inPlace = new Map(rows.map(({ before, now }) => [before, now]));
  const replacements = new Map([...(await findSuccessors(db, { id, blockSize }, decided, inPlace)), ...inPlace]);
  const continued = continuedDecisions(decisions, replacements).map((row) => ({
    ...row,
    id: randomUUID(),
    decidedAt: sql`now()`,
  }));
  if (continued.length > 0) await db.insert(decision).values(continued);
};

/**
 * The successors of decided images whose files got both other metadata and another path: the scan that missed the one found
 * the other. An archived image has none, because what was decided about it is done.
 * @param inPlace images that a file of the same path has replaced
 */
const findSuccessors = async (
  db: Db,
  { id, blockSize }: CatalogShape,
  decided: ReadonlySet<number>,
  inPlace: ReadonlyMap<number, number>,
): Promise<Map<number, number>> => {
  const { digestOf, blockOf, isKnown } = pictureDigests(blockSize);
  const { rows } = await db.execute<{
    scan: string;
    picture: string;
    ordinal: number;
    path: Buffer;
    isMissing: boolean;
    isLive: boolean;
  }>(sql`
    with missing as (
      select before.vanished_in as scan, ${digestOf("before")} as picture, before.ordinal, before.path
      from image as before ${blockOf("before")}
      where before.catalog_id = ${id} and before.vanished_in is not null and ${isKnown("before")}
        and before.ordinal = any(${integers([...decided].filter((ordinal) => !inPlace.has(ordinal)))})
        and before.ordinal not in (${archivedImages(id)})
    ), added as (
      select now.listed_in as scan, ${digestOf("now")} as picture, now.ordinal, now.path, now.vanished_in is null as is_live
      from image as now ${blockOf("now")}
      where now.catalog_id = ${id} and now.listed_in in (select scan from missing)
    )
    select scan, encode(picture, 'hex') as picture, ordinal, path, true as "isMissing", false as "isLive" from missing
    union all
    select scan, encode(picture, 'hex'), ordinal, path, false, is_live from added
    where (scan, picture) in (select scan, picture from missing)`);
  const replaced = new Set(inPlace.values());
  const successors = new Map<number, number>();
  const images = rows.map((row) => ({ ...row, path: nameOfBytes(row.path) }));
  for (const alike of groupBy(images, ({ scan, picture }) => `${scan} ${picture}`).values()) {
    const missing = alike.filter(({ isMissing }) => isMissing);
    const added = alike.filter(({ isMissing, ordinal }) => !isMissing && !replaced.has(ordinal));
    const live = new Set(added.flatMap(({ isLive, ordinal }) => (isLive ? [ordinal] : [])));
    // One that is not there any more still says that the others may not be the only one.
    for (const [before, now] of successorsOf(missing, added)) if (live.has(now)) successors.set(before, now);
  }
  return successors;
};
