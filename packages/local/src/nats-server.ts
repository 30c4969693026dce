import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { compareVersions, NATS_FLOOR } from "@lookalike/shared/bus/connect";
import { BUS_USERS, type BusUser, createNkeySeed, nkeyOf, userSettings } from "@lookalike/shared/bus/users";
import { EXIT, OperatorError } from "@lookalike/shared/runtime/errors";
import { type DataFolder, readOrCreate } from "./data-folder.ts";
import { freePort, launch, type Server } from "./server-process.ts";

const run = promisify(execFile);

/** What `go install` builds where there is Go and no package. */
const GO_MODULE = "github.com/nats-io/nats-server/v2@v2.12.0";

/** How the server is set up. */
export interface NatsOptions {
  readonly port?: number;
  /** Port of its monitoring pages; left out: none. */
  readonly monitoringPort?: number;
  /** Bytes that JetStream may store; left out: the server decides. */
  readonly maxStorage?: number;
  /** Public keys of users who may do everything, besides those of the services and the operator. */
  readonly administrators?: readonly string[];
}

/** A nats-server, and the files with the secrets of its users. */
export interface NatsServer extends Server {
  /** As its configuration has them. */
  readonly users: readonly object[];
  readonly nkeyFile: (user: BusUser) => string;
}

/**
 * A nats-server with JetStream, its state in the data folder.
 * @param report gets a line when it must be fetched first
 * @param ending ends the start
 */
export const startNats = async (
  data: DataFolder,
  report: (text: string) => void,
  options: NatsOptions = {},
  ending?: AbortSignal,
): Promise<NatsServer> => {
  const command = await findNatsServer(join(data.path, "bin"), report, ending);
  const port = options.port ?? (await freePort());
  const config = join(data.path, "nats.conf");
  const folder = join(data.path, "nats");
  await mkdir(folder, { mode: 0o700, recursive: true });
  const { nkeyFile, users } = await openUsers(data.path, options.administrators);
  const settings = {
    listen: `127.0.0.1:${port}`,
    ...(options.monitoringPort === undefined ? {} : { http: `127.0.0.1:${options.monitoringPort}` }),
    jetstream: { store_dir: folder, max_file_store: options.maxStorage },
    authorization: { users },
  };
  // The server's configuration language reads JSON, which leaves out what is undefined.
  await writeFile(config, JSON.stringify(settings, null, 2), { mode: 0o600 });
  const server = await launch(
    {
      name: "nats-server",
      command: [command, "--name", data.tag, "-c", config],
      folder,
      log: join(data.path, "logs", "nats-server.log"),
      stopSignal: "SIGTERM",
      url: `nats://127.0.0.1:${port}`,
      isReady: () => answers(port),
    },
    ending,
  );
  return Object.assign(server, { users, nkeyFile });
};

/**
 * The users of a server, each with the seed of its nkey in a file of its own: the server's configuration has no secret.
 * @param parent gets a folder with the files
 * @param administrators as in `NatsOptions`
 */
export const openUsers = async (parent: string, administrators: readonly string[] = []) => {
  const folder = join(parent, "nats-users");
  await mkdir(folder, { mode: 0o700, recursive: true });
  const nkeyFile = (user: BusUser) => join(folder, `${user}.nk`);
  const keys = new Map<BusUser, string>();
  for (const user of BUS_USERS) keys.set(user, nkeyOf(await readOrCreate(nkeyFile(user), createNkeySeed)));
  const publicKey = (user: BusUser): string => {
    const key = keys.get(user);
    if (key === undefined) throw new Error(`no key of the NATS user ${user}`);
    return key;
  };
  return { nkeyFile, users: [...userSettings(publicKey), ...administrators.map((nkey) => ({ nkey }))] };
};

/** A NATS server greets each connection with INFO. */
const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("data", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });

/**
 * A nats-server new enough: on the PATH, else the one that an earlier start left in `folder`, else Debian's
 * package unpacked there (nothing is installed system-wide), else built by Go.
 * @throws OperatorError with the line that installs one
 */
export const findNatsServer = async (
  folder: string,
  report: (text: string) => void,
  ending?: AbortSignal,
): Promise<string> => {
  const own = join(folder, "nats-server");
  const tooOld: string[] = [];
  for (const candidate of ["nats-server", "/usr/sbin/nats-server", own]) {
    const version = await versionOf(candidate);
    if (isNewEnough(version)) return candidate;
    if (version !== null) tooOld.push(`${candidate} is ${version}`);
  }
  ending?.throwIfAborted();
  await mkdir(folder, { recursive: true });
  report("Getting nats-server (only this once)…");
  for (const install of [unpackDebianPackage, installWithGo]) {
    await install(folder, ending).catch(() => undefined);
    ending?.throwIfAborted();
    if (isNewEnough(await versionOf(own))) return own;
  }
  throw new OperatorError(
    `nats-server ${NATS_FLOOR} or newer is needed${tooOld.length > 0 ? ` (${tooOld.join(", ")})` : ""}: install it with: ${process.platform === "darwin" ? "brew" : "sudo apt-get"} install nats-server. Or set NATS_URL to a running one.`,
    EXIT.unavailable,
  );
};

const isNewEnough = (version: string | null): boolean => version !== null && compareVersions(version, NATS_FLOOR) >= 0;

const versionOf = async (command: string): Promise<string | null> => {
  const output = await run(command, ["--version"]).catch(() => null);
  return /v?(\d+\.\d+\.\d+)/.exec(output?.stdout ?? "")?.[1] ?? null;
};

const DOWNLOAD_MS = 300_000;

/** Root is needed only where apt has no list of packages yet. */
const unpackDebianPackage = async (folder: string, signal?: AbortSignal): Promise<void> => {
  const scratch = join(folder, "deb");
  await mkdir(scratch, { recursive: true });
  try {
    const download = () => run("apt-get", ["download", "nats-server"], { cwd: scratch, timeout: DOWNLOAD_MS, signal });
    await download().catch(async () => {
      await run("apt-get", ["update"], { timeout: DOWNLOAD_MS, signal });
      await download();
    });
    const packageFile = (await readdir(scratch)).find((name) => name.endsWith(".deb"));
    if (packageFile === undefined) throw new Error("apt-get downloaded no package");
    const files = join(scratch, "files");
    await run("dpkg", ["-x", join(scratch, packageFile), files], { signal });
    const binary = ["usr/sbin/nats-server", "usr/bin/nats-server"].map((path) => join(files, path)).find(existsSync);
    if (binary === undefined) throw new Error(`${packageFile} has no nats-server`);
    await copyFile(binary, join(folder, "nats-server"));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
};

const installWithGo = async (folder: string, signal?: AbortSignal): Promise<void> => {
  await run("go", ["install", GO_MODULE], { env: { ...process.env, GOBIN: folder }, timeout: DOWNLOAD_MS, signal });
};
