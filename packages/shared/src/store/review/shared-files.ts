import { sql } from "drizzle-orm";
import { decisionKey, decisionOnly, effectiveDecisions } from "../../domain/review/decisions.ts";
import { allCatalogs, lockCatalog } from "../catalog/catalogs.ts";
import type { Db } from "../open.ts";
import type { Result } from "../results/results.ts";
import { integers } from "../sql.ts";
import { insertDecisions, readDecisions } from "./decisions.ts";

/**
 * Takes decisions over from other catalogs of the tenant that list the same files: one root may be inside another one.
 * Files are the same where size, time and inode are; a copy is another file, about which its own catalog decides.
 * What was taken back here is not taken over a second time.
 */
export const shareDecisions = async (
  db: Db,
  { tenant, catalogId, ...result }: Result & { readonly tenant: string; readonly catalogId: string },
): Promise<void> => {
  const others = await allCatalogs(db, tenant);
  if (others.length < 2) return;
  await lockCatalog(db, catalogId);
  const known = new Set((await readDecisions(db, catalogId)).map(decisionKey));
  for (const { id } of others) {
    if (id === catalogId) continue;
    const decisions = effectiveDecisions(await readDecisions(db, id));
    const sameFiles = await findSameFiles(db, id, catalogId, new Set(decisions.flatMap(({ members }) => members)));
    if (sameFiles.size === 0) continue;
    const shared = decisions.flatMap((decision) => {
      const about = decisionOnly(decision, sameFiles);
      if (about === null || known.has(decisionKey(about))) return [];
      known.add(decisionKey(about));
      return [{ ...about, decidedBy: decision.decidedBy }];
    });
    await insertDecisions(db, { ...result, catalogId }, shared);
  }
};

/** Live images of one catalog that are the same files as images of another one, by the ordinals of these. */
const findSameFiles = async (
  db: Db,
  from: string,
  to: string,
  ordinals: ReadonlySet<number>,
): Promise<Map<number, number>> => {
  if (ordinals.size === 0) return new Map();
  // Size, modification time and inode: sources/listed-file.ts.
  const file = (table: string) => sql.raw(`substring(${table}.fingerprint from '^[0-9]+--?[0-9]+-[0-9]+')`);
  const { rows } = await db.execute<{ other: number; own: number }>(sql`
    select other.ordinal as other, own.ordinal as own
    from image as other
    join image as own on own.bytes = other.bytes and ${file("own")} = ${file("other")}
    where other.catalog_id = ${from} and other.ordinal = any(${integers(ordinals)}) and other.vanished_in is null
      and own.catalog_id = ${to} and own.vanished_in is null and own.given_hash is null`);
  return new Map(rows.map(({ other, own }) => [other, own]));
};
