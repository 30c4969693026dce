import { and, eq, getTableColumns, getTableName, type SQL, sql } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import { invalidateBlocks } from "../blocks/hash-blocks.ts";
import { type Db, openStore, type Store } from "../open.ts";
import {
  blockEvidence,
  catalog,
  compareResult,
  hashBlock,
  image,
  job,
  outbox,
  taskAttempt,
  unlistedFile,
  verifyResult,
  webhookDelivery,
} from "../schema.ts";
import { onlyRow } from "../sql.ts";

/** The tables that folding events reads and writes. */
const TABLES = [
  catalog,
  job,
  image,
  hashBlock,
  blockEvidence,
  compareResult,
  verifyResult,
  taskAttempt,
  unlistedFile,
  outbox,
  webhookDelivery,
];

/** Empty copies of the live tables in a schema of their own, to fold a log into. */
export interface Shadow {
  readonly store: Store;
  drop(): Promise<void>;
}

/** @param schemaName a name that SQL accepts without quotes */
export const openShadow = async ({ pool }: Store, url: string, schemaName: string): Promise<Shadow> => {
  await pool.query(`create schema ${schemaName}`);
  for (const table of TABLES) {
    const name = getTableName(table);
    await pool.query(`create table ${schemaName}.${name} (like public.${name} including all)`);
  }
  // Nobody is notified of a replay, and the webhooks' secrets are not the coordinator's to read.
  await pool.query(`create table ${schemaName}.webhook as select id, tenant from public.webhook with no data`);
  const store = await openStore(url, `lookalike-${schemaName}`, 2, schemaName);
  return {
    store,
    async drop() {
      await store.close();
      await pool.query(`drop schema ${schemaName} cascade`);
    },
  };
};

/** Copies what a task has stored itself: the log has only its digest. */
export const copyClaimed = async (
  shadow: Db,
  table: typeof compareResult | typeof verifyResult,
  jobId: string,
  task: number,
): Promise<void> => {
  await shadow.execute(
    sql`insert into ${sql.identifier(getTableName(table))} select * from public.${sql.identifier(getTableName(table))} where job_id = ${jobId} and task = ${task} on conflict do nothing`,
  );
};

export interface TableDifference {
  readonly table: string;
  readonly live: number;
  readonly shadow: number;
  readonly onlyLive: number;
  readonly onlyShadow: number;
  readonly different: number;
  /** Keys of the first rows that differ. */
  readonly examples: readonly string[];
}

interface Compared {
  readonly table: string;
  readonly key: string;
  /** SQL of a row, without columns that depend on when, how fast and in which batch it was written. */
  readonly row: string;
  readonly where: (job: { id: string; catalogId: string }, schemaName: string) => SQL;
}

/** A later job may have hashed the catalog again in another format, and replaced this job's blocks. */
const currentFormat = (catalogId: string | SQL): SQL =>
  sql`(select hash_format from public.catalog where id = ${catalogId})`;

/** That parts `t` are those of a block that the job has stored in this schema. */
const isEvidenceOf = (jobId: string, schemaName: string): SQL => sql`exists (
  select from ${sql.raw(schemaName)}.hash_block b
  where b.catalog_id = t.catalog_id and b.block = t.block and b.evidence_digest = t.evidence_digest
    and b.job_id = ${jobId} and b.hash_format = ${currentFormat(sql`b.catalog_id`)})`;

const COMPARED: readonly Compared[] = [
  {
    table: "catalog",
    key: "t.id",
    row: "to_jsonb(t) - array['name', 'created_at', 'deleted_at', 'hash_format', 'features', 'verification', 'block_revision']",
    where: ({ catalogId }) => sql`t.id = ${catalogId}`,
  },
  {
    table: "job",
    key: "t.id",
    row: `to_jsonb(t) - array['updated_at', 'rate', 'rate_at', 'accepted_at', 'finished_at', 'shown_images',
      'hash_published', 'compare_published', 'verify_published', 'hash_cursor', 'compare_cursor', 'verify_cursor']`,
    where: ({ id }) => sql`t.id = ${id}`,
  },
  {
    // A tombstone of a later job does not count, and where an image was moved to is in the events of another job.
    table: "image",
    key: "t.ordinal",
    row: "to_jsonb(t) - 'vanished_in' || jsonb_build_object('vanished', coalesce(t.vanished_in = t.listed_in, false))",
    where: ({ id, catalogId }) => sql`t.catalog_id = ${catalogId} and t.listed_in = ${id} and not exists (
      select from public.image moved
      where moved.catalog_id = t.catalog_id and moved.ordinal = t.ordinal and moved.moved_in is not null)`,
  },
  {
    table: "hash_block",
    key: "t.block",
    row: "to_jsonb(t)",
    where: ({ id, catalogId }) =>
      sql`t.catalog_id = ${catalogId} and t.job_id = ${id} and t.hash_format = ${currentFormat(catalogId)}`,
  },
  {
    table: "block_evidence",
    key: "t.block || '/' || t.part",
    row: "jsonb_build_array(t.evidence_digest, t.digest, md5(t.evidence))",
    where: ({ id, catalogId }, schemaName) => sql`t.catalog_id = ${catalogId} and ${isEvidenceOf(id, schemaName)}`,
  },
  {
    table: "compare_result",
    key: "t.task || '/' || t.part",
    row: "to_jsonb(t)",
    where: ({ id }) => sql`t.job_id = ${id}`,
  },
  {
    table: "verify_result",
    key: "t.task || '/' || t.part",
    row: "to_jsonb(t)",
    where: ({ id }) => sql`t.job_id = ${id} and t.is_recorded`,
  },
];

/** Compares the job's rows in the shadow with those in the live tables, one by one. */
export const compareShadow = async (
  { db }: Store,
  schemaName: string,
  jobRow: { id: string; catalogId: string },
): Promise<TableDifference[]> => {
  const differences: TableDifference[] = [];
  for (const { table, key, row, where } of COMPARED) {
    const side = (schema: string) =>
      sql`select (${sql.raw(key)})::text as key, md5((${sql.raw(row)})::text) as digest from ${sql.raw(`${schema}.${table}`)} t where ${where(jobRow, schema)}`;
    const difference = await db.execute<TableDifference & Record<string, unknown>>(sql`
      with joined as (
        select coalesce(l.key, s.key) as key, l.digest as live, s.digest as shadow
        from (${side("public")}) l full join (${side(schemaName)}) s on s.key = l.key
      ) select ${table} as table, count(live)::int as live, count(shadow)::int as shadow,
          count(*) filter (where shadow is null)::int as "onlyLive", count(*) filter (where live is null)::int as "onlyShadow",
          count(*) filter (where live <> shadow)::int as different,
          coalesce((array_agg(key order by key) filter (where live is distinct from shadow))[1:5], '{}') as examples
        from joined`);
    differences.push(onlyRow(difference));
  }
  return differences;
};

export const isEqual = ({ onlyLive, onlyShadow, different }: TableDifference): boolean =>
  onlyLive + onlyShadow + different === 0;

/**
 * Replaces live rows that differ by the shadow's. The transaction must hold the lock on the job's row, so
 * that whoever waits for it continues from the new row.
 */
export const applyShadow = async (
  tx: Db,
  schemaName: string,
  { id, catalogId }: { id: string; catalogId: string },
  differences: readonly TableDifference[],
): Promise<void> => {
  const shadow = (table: PgTable) => sql.raw(`${schemaName}.${getTableName(table)}`);
  const changed = new Set(differences.filter((difference) => !isEqual(difference)).map(({ table }) => table));
  await tx.execute(
    sql`insert into catalog select * from ${shadow(catalog)} where id = ${catalogId} on conflict do nothing`,
  );
  if (changed.has("image")) {
    await tx.execute(sql`
      update ${shadow(image)} s set vanished_in = l.vanished_in from image l
      where l.catalog_id = s.catalog_id and l.ordinal = s.ordinal and s.vanished_in is null`);
    await tx
      .delete(image)
      .where(sql`${image.catalogId} = ${catalogId} and ${image.listedIn} = ${id} and ${image.movedIn} is null`);
    await tx.execute(
      sql`insert into image select * from ${shadow(image)} where listed_in = ${id} on conflict do nothing`,
    );
  }
  if (changed.has("hash_block")) {
    await tx.delete(hashBlock).where(sql`${hashBlock.catalogId} = ${catalogId} and ${hashBlock.jobId} = ${id}`);
    await tx.execute(sql`
      insert into hash_block select * from ${shadow(hashBlock)}
      where hash_format = ${currentFormat(catalogId)} on conflict do nothing`);
    await invalidateBlocks(tx, catalogId);
  }
  if (changed.has("hash_block") || changed.has("block_evidence")) {
    // Only what differs: of a million images, evidence has gigabytes.
    await tx.execute(sql`
      delete from block_evidence l where catalog_id = ${catalogId} and block in (
        select block from hash_block where catalog_id = ${catalogId} and job_id = ${id}
      ) and not exists (
        select from ${shadow(blockEvidence)} s
        where s.catalog_id = l.catalog_id and s.block = l.block and s.evidence_digest = l.evidence_digest and s.part = l.part
          and s.digest = l.digest and s.evidence = l.evidence)`);
    await tx.execute(sql`
      insert into block_evidence select t.* from ${shadow(blockEvidence)} t where ${isEvidenceOf(id, "public")}
      on conflict do nothing`);
  }
  if (changed.has("compare_result")) {
    await tx.delete(compareResult).where(eq(compareResult.jobId, id));
    await tx.execute(sql`insert into compare_result select * from ${shadow(compareResult)} where job_id = ${id}`);
  }
  if (changed.has("verify_result")) {
    await tx.delete(verifyResult).where(and(eq(verifyResult.jobId, id), verifyResult.isRecorded));
    await tx.execute(sql`
      insert into verify_result select * from ${shadow(verifyResult)} where job_id = ${id} and is_recorded
      on conflict (job_id, task, result_digest, part) do update set results = excluded.results, digest = excluded.digest, is_recorded = true`);
  }
  if (changed.has("job")) await applyJob(tx, schemaName);
};

/** Cursors never go back, and published tasks stay published: the window continues where it was. */
const UNCHANGED = [
  "hash_published",
  "compare_published",
  "verify_published",
  "shown_images",
  "rate",
  "rate_at",
  "accepted_at",
];
const HIGHEST = ["hash_cursor", "compare_cursor", "verify_cursor"];

const applyJob = async (tx: Db, schemaName: string): Promise<void> => {
  const columns = Object.values(getTableColumns(job)).map(({ name }) => name);
  const updates = columns
    .filter((name) => name !== "id" && !UNCHANGED.includes(name))
    .map((name) =>
      HIGHEST.includes(name)
        ? `${name} = greatest(job.${name}, excluded.${name})`
        : `${name} = ${name === "updated_at" ? "now()" : `excluded.${name}`}`,
    );
  await tx.execute(
    sql.raw(`insert into job select * from ${schemaName}.job on conflict (id) do update set ${updates.join(", ")}`),
  );
};
