import { chown, cp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createSecrets } from "@lookalike/deploy/secrets";
import { z } from "zod";
import { ROOT } from "../../support/folders.ts";
import { makePhotographs } from "../../support/photographs.ts";
import { until } from "../../support/until.ts";
import { docker } from "./docker.ts";
import { LOOKALIKE } from "./images.ts";

/** Another one than that of an installation on this machine: its containers, networks and volumes stay as they are. */
const PROJECT = "lookalike-test";
/** Whom the pictures belong to: not the user that the image has. */
const OWNER = 1_234;
/** What is built of this repository. */
const OWN = ["api", "coordinator", "hasher", "comparer", "create-roles", "migrate", "nats-volumes"];
/** Without which nothing works: they bring the other ones that they depend on. */
const SERVICES = ["api", "coordinator", "hasher", "comparer"];
const PORTS = { api: 7373, prometheus: 9090, grafana: 3000 };

const Container = z.object({
  ID: z.string(),
  Service: z.string(),
  State: z.string(),
  Health: z.string(),
  ExitCode: z.number(),
});
export type Container = z.infer<typeof Container>;

/** What an owner does: pictures, secrets, .env, `docker compose up`. */
export const createInstallation = async (folder: string, images: ReadonlyMap<string, string | null>) => {
  const pictures = join(folder, "pictures");
  await makePhotographs(join(pictures, "family"), 200, 480);
  for (const name of [".", "family", ...(await readdir(join(pictures, "family"))).map((file) => join("family", file))])
    await chown(join(pictures, name), OWNER, OWNER);
  await cp(join(ROOT, "deploy"), join(folder, "deploy"), {
    recursive: true,
    filter: (file) => !/compose\/(secrets|\.env)$/.test(file),
  });
  const compose = join(folder, "deploy/compose");
  const secrets = join(compose, "secrets");
  // As strict as some machines are.
  const umask = process.umask(0o077);
  await createSecrets(secrets);
  process.umask(umask);
  const example = await readFile(join(compose, ".env.example"), "utf8");
  const settings = new Map([["PICTURES", pictures], ["PICTURES_USER", `${OWNER}:${OWNER}`], ...images]);
  const env = example.replaceAll(
    /^(\w+)=$/gm,
    (_, name: string) => `${name}=${settings.get(name) ?? (name.endsWith("_IMAGE") ? "none" : "")}`,
  );
  await writeFile(join(compose, ".env"), env);
  const override = join(folder, "override.yaml");
  const lines = [
    "services:",
    ...OWN.map(
      (name) => `  ${name}: { image: ${LOOKALIKE}${name === "api" ? `, ports: !override ["127.0.0.1::7373"]` : ""} }`,
    ),
    `  prometheus: { ports: !override ["127.0.0.1::${PORTS.prometheus}"] }`,
    `  grafana: { ports: !override ["127.0.0.1::${PORTS.grafana}"] }`,
  ];
  await writeFile(override, lines.join("\n"));
  const run = (...args: string[]) =>
    docker("compose", "--project-name", PROJECT, "--file", join(compose, "compose.yaml"), "--file", override, ...args);
  const more = [...images].flatMap(([variable, image]) => {
    const name = variable
      .replace(/_IMAGE$/, "")
      .replaceAll("_", "-")
      .toLowerCase();
    return image === null || ["node", "nats", "postgres"].includes(name) ? [] : [name];
  });

  const containers = async (): Promise<readonly Container[]> => {
    const lines = (await run("ps", "--all", "--format", "json")).split("\n").filter((line) => line !== "");
    return lines.map((line) => Container.parse(JSON.parse(line)));
  };
  const isReady = ({ State, Health, ExitCode }: Container): boolean =>
    State === "running" ? Health === "healthy" || Health === "" : State === "exited" && ExitCode === 0;
  const ready = () => until(async () => (await containers()).every(isReady));
  return {
    pictures,
    /** Waits until every container is healthy, or has ended well. */
    ready,
    firstKey: (await readFile(join(secrets, "first-key"), "utf8")).trim(),
    containers,
    run,
    /** Starts everything that there is an image of, and waits until all of it is healthy. */
    async up(): Promise<void> {
      await run("up", "--detach", "--no-build", ...SERVICES, ...more);
      await ready();
    },
    /** What a container's shell prints, its errors too. */
    inside: (service: string, script: string): Promise<string> =>
      run("exec", "--no-TTY", service, "sh", "-c", `{ ${script}; } 2>&1 || true`),
    /** What a program for Node.js prints in a service's container. */
    async probe(service: string, program: string): Promise<string> {
      return run("exec", "--no-TTY", service, "node", "--input-type=module", "--eval", program);
    },
    async address(service: keyof typeof PORTS): Promise<string> {
      return `http://${await run("port", service, String(PORTS[service]))}`;
    },
    async remove(): Promise<void> {
      await run("down", "--volumes", "--timeout", "5");
    },
  };
};
