import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import listed from "./originals.json" with { type: "json" };
import { Half } from "./truth.ts";

const run = promisify(execFile);

/**
 * Debian packages (bookworm), and the photographs, paintings and drawings in them that show different things. No package
 * is in both halves, so neither is a picture, a photographer or a style.
 */
const PACKAGES = z
  .array(z.strictObject({ package: z.string(), version: z.string(), half: Half, pictures: z.array(z.string()).min(1) }))
  .parse(listed);

/** A picture that edits are made of. */
export interface Original {
  readonly family: string;
  /** Path of its file. */
  readonly file: string;
}

/** The versions of a half's packages. */
export const packagesOf = (half: Half): Record<string, string> =>
  Object.fromEntries(
    PACKAGES.filter((known) => known.half === half).map(({ package: name, version }) => [name, version]),
  );

/**
 * The originals of a half, unpacked into a folder of the machine; what is there already is used.
 * @param folder for packages of all runs
 * @throws where a package of this version can't be had
 */
export const installOriginals = async (half: Half, folder: string): Promise<Original[]> => {
  const originals: Original[] = [];
  for (const { package: name, version, pictures } of PACKAGES.filter((known) => known.half === half)) {
    const unpacked = join(folder, `${name}_${version.replaceAll(":", "%3a")}`);
    if (!existsSync(unpacked)) await unpack(name, version, unpacked);
    for (const picture of pictures) originals.push({ family: `${name}/${picture}`, file: join(unpacked, picture) });
  }
  return originals;
};

const unpack = async (name: string, version: string, folder: string): Promise<void> => {
  const download = `${folder}.download`;
  await rm(download, { recursive: true, force: true });
  await mkdir(download, { recursive: true });
  await run("apt-get", ["download", `${name}=${version}`], { cwd: download }).catch((error: unknown) => {
    throw new Error(`${name}=${version} can't be downloaded; the corpus is of Debian 12`, { cause: error });
  });
  const archive = (await readdir(download)).find((file) => file.endsWith(".deb"));
  if (archive === undefined) throw new Error(`${name}=${version}: apt-get downloaded no package`);
  await run("dpkg-deb", ["-x", join(download, archive), join(download, "unpacked")]);
  // Renamed when it is whole, so that an interrupted run leaves nothing half unpacked.
  await rename(join(download, "unpacked"), folder);
  await rm(download, { recursive: true });
};

/** A part of the originals, spread over all packages. */
export const spread = (originals: readonly Original[], scale: number): Original[] => {
  const count = Math.min(originals.length, Math.max(4, Math.round(originals.length * scale)));
  return Array.from({ length: count }, (_, at) => originals[Math.floor((at * originals.length) / count)]).filter(
    (original) => original !== undefined,
  );
};

/** A file name from a family's name. */
export const stemOf = (family: string, number: number): string =>
  `${String(number).padStart(4, "0")}-${basename(family)
    .replace(/\.\w+$/, "")
    .replace(/[^\w-]+/g, "_")
    .slice(0, 32)}`;
