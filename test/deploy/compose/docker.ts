import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { startCommand } from "../../support/command.ts";
import { until } from "../../support/until.ts";

const answers = (): boolean => spawnSync("docker", ["info"]).status === 0;

/** A Docker daemon, and what ends it where it is the test's own. */
export interface Daemon {
  readonly isOwn: boolean;
  stop(): Promise<void>;
}

/**
 * The daemon that answers here; else one of the test's own, which only root can start.
 * @param folder has the own daemon's images and log, which vanish with it
 */
export const startDaemon = async (folder: string): Promise<Daemon> => {
  if (answers()) return { isOwn: false, stop: async () => undefined };
  await mkdir(folder, { recursive: true });
  const socket = `unix://${join(folder, "docker.sock")}`;
  const child = spawn(
    "dockerd",
    ["--data-root", join(folder, "data"), "--exec-root", join(folder, "exec"), "--pidfile", join(folder, "pid")].concat(
      "--host",
      socket,
    ),
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  child.stderr.pipe(createWriteStream(join(folder, "log")));
  process.env["DOCKER_HOST"] = socket;
  await until(() => {
    if (child.exitCode !== null) throw new Error(`dockerd ended: see ${join(folder, "log")}`);
    return answers();
  });
  return {
    isOwn: true,
    stop: async () => {
      const ended = once(child, "close");
      child.kill();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
};

/** What a docker command prints. @throws with what it says when it fails */
export const docker = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await startCommand(["docker", ...args]).ended;
  if (code !== 0) throw new Error(`docker ${args.join(" ")}: ${stderr}${stdout}`);
  return stdout.trim();
};

/** Whether compose is there that reads compose.yaml: version 2 and later. */
export const hasCompose = (): boolean => {
  const { stdout } = spawnSync("docker", ["compose", "version", "--short"], { encoding: "utf8" });
  return /^v?([2-9]|\d\d)\./.test(stdout ?? "");
};

const NAMESPACE = "lookalike-world";
/** Of the range that documents use: nobody has it. */
const [HERE, THERE] = ["203.0.113.1", "203.0.113.2"];

/** A host that is no container: what is outside of Docker's networks. Needs root, on the daemon's machine. */
export const startWorld = () => {
  const ip = (...args: string[]) => execFileSync("ip", args);
  ip("netns", "add", NAMESPACE);
  ip("link", "add", "lkworld0", "type", "veth", "peer", "name", "lkworld1", "netns", NAMESPACE);
  ip("address", "add", `${HERE}/30`, "dev", "lkworld0");
  ip("link", "set", "lkworld0", "up");
  for (const args of [
    ["address", "add", `${THERE}/30`, "dev", "lkworld1"],
    ["link", "set", "lkworld1", "up"],
    ["link", "set", "lo", "up"],
    ["route", "add", "default", "via", HERE],
  ])
    ip("-n", NAMESPACE, ...args);
  const server = `require("node:http").createServer((_, response) => response.end("world")).listen(80, "${THERE}")`;
  const child = spawn("ip", ["netns", "exec", NAMESPACE, process.execPath, "-e", server], { stdio: "ignore" });
  return {
    address: THERE,
    stop: async () => {
      const ended = once(child, "close");
      child.kill();
      await ended;
      ip("netns", "delete", NAMESPACE);
    },
  };
};
