import { copyFile, cp, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { startCommand } from "../../support/command.ts";
import { ROOT } from "../../support/folders.ts";
import { toolFolder } from "../../support/tools.ts";
import { docker } from "./docker.ts";

/** The image that is tested: another than the one of an installation on this machine. */
export const LOOKALIKE = "lookalike-test";
const BASE = "lookalike-test/bookworm";
const STAND_INS = join(import.meta.dirname, "stand-ins");
const AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt";

/** Where an official image can't be had, what is built instead: a Dockerfile, and what it copies. */
const OWN: Readonly<Record<string, readonly string[]>> = {
  node: [process.execPath, AUTHORITIES],
  nats: [],
  postgres: [join(STAND_INS, "postgres-entrypoint.sh")],
  prometheus: [],
  "postgres-exporter": [],
};

const isThere = (image: string): Promise<boolean> =>
  docker("image", "inspect", image).then(
    () => true,
    () => false,
  );

const run = async (...command: string[]): Promise<string> => {
  const { code, stdout, stderr } = await startCommand(command).ended;
  if (code !== 0) throw new Error(`${command.join(" ")}: ${stderr}`);
  return stdout.trim();
};

/** Debian as an image, of Debian's packages. */
const createBase = async (folder: string): Promise<void> => {
  if (await isThere(BASE)) return;
  const tree = join(folder, "bookworm");
  await run("debootstrap", "--variant=minbase", "bookworm", tree);
  await run("bash", "-c", `tar --directory '${tree}' --create . | docker import - ${BASE}`);
};

/** @returns the image; null where there is no stand-in */
const createStandIn = async (folder: string, name: string): Promise<string | null> => {
  const files = OWN[name];
  if (files === undefined) return null;
  const image = `${BASE.split("/")[0]}/${name}`;
  if (await isThere(image)) return image;
  await createBase(folder);
  const context = join(folder, name);
  await mkdir(context, { recursive: true });
  for (const file of files) await copyFile(file, join(context, file.slice(file.lastIndexOf("/") + 1)));
  if (name === "node")
    await cp(join(await run("npm", "root", "--global"), "npm"), join(context, "npm"), { recursive: true });
  if (name === "nats") {
    const tools = await toolFolder("nats-server");
    if (tools === null) throw new Error("nats-server is missing: npm run test:tools");
    await copyFile(join(tools, "nats-server"), join(context, "nats-server"));
  }
  await docker("build", "--network=host", "--tag", image, "--file", join(STAND_INS, `${name}.Dockerfile`), context);
  return image;
};

/**
 * The images of compose.yaml by their variables in .env: the official ones where a registry has them, else stand-ins, else null.
 * @param folder for what is copied into them
 */
export const createImages = async (folder: string): Promise<ReadonlyMap<string, string | null>> => {
  const text = await readFile(join(ROOT, "deploy/compose/pin-images.sh"), "utf8");
  const images = new Map<string, string | null>();
  for (const [, variable = "", tag = ""] of text.matchAll(/^pin (\w+) (\S+)$/gm)) {
    const name = variable
      .replace(/_IMAGE$/, "")
      .replaceAll("_", "-")
      .toLowerCase();
    const isPulled = await docker("pull", "--quiet", tag).then(
      () => true,
      () => false,
    );
    images.set(variable, isPulled ? tag : await createStandIn(folder, name));
  }
  return images;
};

/** Builds the image of the services by the Dockerfile. */
export const createImage = async (base: string): Promise<void> => {
  await docker("build", "--network=host", "--build-arg", `NODE_IMAGE=${base}`, "--tag", LOOKALIKE, ROOT);
};
