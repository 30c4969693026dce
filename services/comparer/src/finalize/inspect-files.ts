import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type { FindDamage } from "@lookalike/shared/domain/grouping/check-keeper";
import type { Source } from "@lookalike/shared/domain/job/source";
import type { ListedFile } from "@lookalike/shared/sources/open-listed";
import { type AllowedSources, refusalOf } from "@lookalike/shared/sources/source-roots";
import { Piscina } from "piscina";

const INSPECT_FILE = fileURLToPath(new URL("./inspect-worker.js", import.meta.url));
const IDLE_MS = 10_000;

let pool: Piscina<ListedFile[], (string | null)[]> | undefined;

/** How many groups' files are read at the same time. */
export const INSPECTED_AT_ONCE = availableParallelism() + 1;

/**
 * Reads the files of a source's images. Nothing is found where they cannot be read here: in a bucket, or not mounted, or
 * outside the folders that sources may be under.
 */
export const fileInspector = async (source: Source, allowed: AllowedSources): Promise<FindDamage> => {
  if (source.kind !== "directory" || (await refusalOf(source, allowed)) !== null) return async () => new Map();
  const { root } = source;
  pool ??= new Piscina({
    filename: INSPECT_FILE,
    minThreads: 0,
    maxThreads: availableParallelism(),
    idleTimeout: IDLE_MS,
  });
  const threads = pool;
  return async (member, sameSize) => {
    const members = [member, ...sameSize];
    const found = await threads.run(members.map(({ path, fingerprint }) => ({ root, path, fingerprint })));
    return new Map(
      found.flatMap((damage, index) => {
        const of = members[index];
        return damage === null || of === undefined ? [] : [[of.ordinal, damage]];
      }),
    );
  };
};
