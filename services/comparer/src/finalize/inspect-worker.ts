import { closeSync, readFileSync } from "node:fs";
import { damageAmong } from "@lookalike/engine/hash/damage-among";
import { type ListedFile, openListedSync } from "@lookalike/shared/sources/open-listed";

/** Runs in a worker thread. @returns for each file what is wrong with it; null = nothing was found, or it is not there any more */
export default (files: readonly ListedFile[]): (string | null)[] => {
  const [first = null, ...sameSize] = files.map(read);
  return first === null ? files.map(() => null) : damageAmong(first, sameSize);
};

const read = (listed: ListedFile): Buffer | null => {
  const file = openListedSync(listed);
  if (typeof file !== "number") return null;
  try {
    return readFileSync(file);
  } catch {
    return null;
  } finally {
    closeSync(file);
  }
};
