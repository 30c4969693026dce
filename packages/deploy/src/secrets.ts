import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { BUS_USERS, type BusUser, createNkeySeed, nkeyOf } from "@lookalike/shared/bus/users";
import { createKey } from "@lookalike/shared/store/access/access-keys";
import { DATABASE_USERS, roleOf } from "@lookalike/shared/store/roles";
import { natsUsersFile } from "./nats-users.ts";

const run = promisify(execFile);
const DAYS = "825";

/**
 * Creates what a deployment needs and no repository may have: the seeds of the NATS users and the server's file with their
 * public keys, the passwords and addresses of the database roles, an authority and certificates of both servers, the
 * first access key, the key that seals webhooks' secrets, and Grafana's password. What is there stays. Needs openssl.
 */
export const createSecrets = async (folder: string): Promise<void> => {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const once = async (name: string, create: () => string): Promise<string> => {
    const file = join(folder, name);
    const known = await readFile(file, "utf8").catch(() => null);
    const text = known?.trim() ?? create();
    await (known === null ? writeReadable(file, `${text}\n`) : makeReadable(file));
    return text;
  };
  const password = (): string => randomBytes(24).toString("base64url");

  const keys = new Map<BusUser, string>();
  for (const user of BUS_USERS) keys.set(user, nkeyOf(await once(`nats-${user}.nk`, createNkeySeed)));
  await writeReadable(join(folder, "nats-users.conf"), natsUsersFile(keys));

  const address = (role: string, secret: string) =>
    `postgres://${role}:${secret}@postgres:5432/lookalike?sslmode=verify-full&sslrootcert=/run/secrets/postgres-ca.pem`;
  const administrator = await once("postgres-administrator", password);
  await writeReadable(join(folder, "database-url-administrator"), `${address("lookalike", administrator)}\n`);
  for (const user of DATABASE_USERS) {
    const secret = await once(`postgres-${user}`, password);
    await writeReadable(join(folder, `database-url-${user}`), `${address(roleOf(user), secret)}\n`);
  }

  await createCertificate(folder, "nats", ["nats-1", "nats-2", "nats-3", "localhost"]);
  await createCertificate(folder, "postgres", ["postgres", "localhost"]);
  for (const name of ["nats", "postgres"])
    for (const suffix of ["ca.pem", "server.pem", "server.key"]) await makeReadable(join(folder, `${name}-${suffix}`));
  await once("first-key", createKey);
  await once("sealing-key", () => randomBytes(32).toString("base64"));
  await once("grafana-administrator", password);
};

/**
 * Lets every user read a file, whatever the umask is: the folder is closed to other users of the machine, and the containers, which have
 * no right to pass over modes, read their files as users of other numbers.
 */
const makeReadable = (file: string): Promise<void> => chmod(file, 0o644);

const writeReadable = async (file: string, text: string): Promise<void> => {
  await writeFile(file, text);
  await makeReadable(file);
};

/** An authority of its own for each kind of server: a certificate of one lets nobody in at the other. */
const createCertificate = async (folder: string, name: string, hosts: readonly string[]): Promise<void> => {
  const file = (suffix: string): string => join(folder, `${name}-${suffix}`);
  if ((await readFile(file("server.pem")).catch(() => null)) !== null) return;
  const authority = [
    "-keyout",
    file("ca.key"),
    "-out",
    file("ca.pem"),
    "-days",
    "3650",
    "-subj",
    `/CN=Lookalike ${name}`,
  ];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  await run("openssl", ["req", "-x509", ...key, ...authority]);
  await run("openssl", [
    "req",
    "-new",
    ...key,
    "-keyout",
    file("server.key"),
    "-out",
    file("server.csr"),
    "-subj",
    `/CN=${name}`,
  ]);
  const names = `subjectAltName=${hosts.map((host) => `DNS:${host}`).join(",")}\nextendedKeyUsage=serverAuth,clientAuth\n`;
  await writeFile(file("server.ext"), names);
  const signing = ["-CA", file("ca.pem"), "-CAkey", file("ca.key"), "-CAcreateserial", "-days", DAYS];
  await run("openssl", [
    "x509",
    "-req",
    "-in",
    file("server.csr"),
    ...signing,
    "-extfile",
    file("server.ext"),
    "-out",
    file("server.pem"),
  ]);
  // What is left of the authority signs nothing more: new certificates come from a new one.
  for (const suffix of ["ca.key", "server.csr", "server.ext", "ca.srl"]) await rm(file(suffix), { force: true });
};
