import { sql } from "drizzle-orm";
import { bytesOfName, nameOfBytes } from "../../domain/image/file-name.ts";
import type { UnlistedFile } from "../../domain/job/file-counts.ts";
import { toHex } from "../../domain/primitives/encoding.ts";
import type { Db } from "../open.ts";
import type { Page } from "../sql.ts";

/** Stores the files that a job's walk found and did not list, each once. */
export const insertUnlisted = async (db: Db, jobId: string, files: readonly UnlistedFile[]): Promise<void> => {
  const rows = files.map((file) => ({ ...file, path: `\\x${toHex(bytesOfName(file.path))}` }));
  await db.execute(sql`
    insert into unlisted_file (job_id, path, class, detail)
    select ${jobId}, path, class, detail
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as file(path bytea, class text, detail text)
    on conflict do nothing`);
};

/** A page of the files that a job's walk did not list, in the order of the walk. */
export const listUnlisted = async (db: Db, jobId: string, { after, limit }: Page<number>) => {
  const { rows } = await db.execute<Omit<UnlistedFile, "path"> & { number: number; path: Buffer }>(sql`
    select number, path, class, detail from unlisted_file
    where job_id = ${jobId} and number > ${after} order by number limit ${limit}`);
  return rows.map(({ path, ...row }) => ({ ...row, path: nameOfBytes(path) }));
};
