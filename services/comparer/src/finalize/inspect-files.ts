import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type { FindDamage } from "@lookalike/shared/domain/grouping/check-keeper";
import type { AllowedSources } from "@lookalike/shared/sources/allowed-sources";
import type { ListedFile } from "@lookalike/shared/sources/open-listed";
import { placeOf } from "@lookalike/shared/sources/source-roots";
import type { CatalogRow } from "@lookalike/shared/store/catalog/catalogs";
import { Piscina } from "piscina";

const INSPECT_FILE = fileURLToPath(new URL("./inspect-worker.js", import.meta.url));
const IDLE_MS = 10_000;

let pool: Piscina<ListedFile[], (string | null)[]> | undefined;

/** How many groups' files are read at the same time. */
export const INSPECTED_AT_ONCE = availableParallelism() + 1;

/**
 * Reads the files of a source's images. Nothing is found where they cannot be read here: in a bucket, or not mounted, or
 * outside the folders of its tenant.
 */
export const fileInspector = async ({ source, tenant }: CatalogRow, allowed: AllowedSources): Promise<FindDamage> => {
  const root = source.kind === "directory" ? await placeOf(source.root, tenant, allowed).catch(() => null) : null;
  if (root === null) return async () => new Map();
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
