import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { DecisionLine, resolveLine } from "@lookalike/shared/domain/review/decision-file";
import { decisionKey, effectiveDecisions } from "@lookalike/shared/domain/review/decisions";
import { type CatalogRow, lockCatalog } from "@lookalike/shared/store/catalog/catalogs";
import { findByDigest, findContents } from "@lookalike/shared/store/catalog/contents";
import type { Db } from "@lookalike/shared/store/open";
import { insertDecisions, latestResult, markDecided, readDecisions } from "@lookalike/shared/store/review/decisions";
import { conflict, HttpProblem } from "../http/problems.ts";

const DECISIONS_PER_QUERY = 500;

/** The effective decisions of a catalog as lines of NDJSON. A picture that was never read has no line. */
export async function* exportDecisions(db: Db, catalog: CatalogRow): AsyncGenerator<string> {
  const decisions = effectiveDecisions(await readDecisions(db, catalog.id));
  for (let from = 0; from < decisions.length; from += DECISIONS_PER_QUERY) {
    const page = decisions.slice(from, from + DECISIONS_PER_QUERY);
    const ordinals = page.flatMap(({ members }) => members);
    const contents = new Map(
      (await findContents(db, catalog, ordinals, [])).map((content) => [content.ordinal, content]),
    );
    for (const { verdict, members, keep, decidedBy, decidedAt } of page) {
      const kept = new Set(keep);
      const line = DecisionLine.safeParse({
        verdict,
        decidedBy,
        decidedAt,
        members: members.flatMap((ordinal) => {
          const content = contents.get(ordinal);
          return content === undefined ? [] : [{ path: content.path, sha256: content.digest, keep: kept.has(ordinal) }];
        }),
      });
      if (line.success) yield `${JSON.stringify(line.data)}\n`;
    }
  }
}

/** The decisions of a file. @throws HttpProblem 422 that names the first bad line */
export const readDecisionLines = async (path: string): Promise<DecisionLine[]> => {
  const lines: DecisionLine[] = [];
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    number += 1;
    if (line.trim() === "") continue;
    const parsed = DecisionLine.safeParse(jsonOf(line));
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new HttpProblem(
        422,
        "bad-line",
        `Line ${number} is not a decision (${issue?.path.join(".")}: ${issue?.message}). Nothing was imported.`,
      );
    }
    lines.push(parsed.data);
  }
  return lines;
};

const jsonOf = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
};

/** What became of the lines of a file. */
export interface Imported {
  /** New decisions of this catalog. */
  readonly imported: number;
  /** It had these. */
  readonly known: number;
  /** Their pictures are not there, or too few of them. */
  readonly unmatched: number;
}

/**
 * Takes decisions over whose pictures are in this catalog, and marks its groups.
 * @throws HttpProblem 409 before the catalog's first job is over
 */
export const importDecisions = async (
  db: Db,
  catalog: CatalogRow,
  lines: readonly DecisionLine[],
): Promise<Imported> => {
  const digests = new Set(lines.flatMap(({ members }) => members.map(({ sha256 }) => sha256)));
  const imagesOf = await findByDigest(db, catalog, digests);
  return db.transaction(async (tx) => {
    await lockCatalog(tx, catalog.id);
    const latest = await latestResult(tx, catalog.id);
    if (latest === null)
      throw conflict("not-scanned", "This catalog has no groups yet. Scan it, then import its decisions.");
    const known = new Set(effectiveDecisions(await readDecisions(tx, catalog.id)).map(decisionKey));
    const rows = [];
    let unmatched = 0;
    let repeated = 0;
    for (const line of lines) {
      const resolved = resolveLine(line, imagesOf);
      if (resolved === null) {
        unmatched += 1;
        continue;
      }
      const { verdict, decidedBy } = line;
      const key = decisionKey({ verdict, ...resolved });
      if (known.has(key)) repeated += 1;
      else rows.push({ verdict, decidedBy, ...resolved });
      known.add(key);
    }
    await insertDecisions(tx, { ...latest, catalogId: catalog.id }, rows);
    await markDecided(tx, catalog.id, latest);
    return { imported: rows.length, known: repeated, unmatched };
  });
};
