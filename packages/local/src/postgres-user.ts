import { readFile, stat } from "node:fs/promises";
import { EXIT, OperatorError } from "@lookalike/shared/runtime/errors";

/** Who runs PostgreSQL. */
export interface PostgresUser {
  readonly uid: number;
  readonly gid: number;
}

export type CommandLine = readonly [program: string, ...args: string[]];

/**
 * PostgreSQL refuses to run as root: then the owner of the existing cluster runs it, else `postgres`, else `nobody`.
 * @returns null where this process is not root, and runs PostgreSQL itself
 */
export const postgresUser = async (cluster: string): Promise<PostgresUser | null> => {
  if (process.getuid?.() !== 0) return null;
  const owner = await stat(cluster).catch(() => null);
  const lines = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
  const users = lines.map(([name, , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }));
  const ofCluster = owner !== null && owner.uid !== 0 ? users.find(({ uid }) => uid === owner.uid) : undefined;
  const named = (name: string) => users.find((user) => user.name === name);
  const user = ofCluster ?? named("postgres") ?? named("nobody");
  if (user !== undefined) return { uid: user.uid, gid: user.gid };
  throw new OperatorError(
    "PostgreSQL can't run as root, and there is no user postgres or nobody: create one, or set DATABASE_URL.",
    EXIT.unavailable,
  );
};

/**
 * The command line that runs a program as this user, without any capability or a way to gain one: what its user may
 * not read, PostgreSQL may not read either.
 */
export const runAs = (user: PostgresUser | null, command: CommandLine): CommandLine =>
  user === null
    ? command
    : [
        "setpriv",
        `--reuid=${user.uid}`,
        `--regid=${user.gid}`,
        "--clear-groups",
        "--inh-caps=-all",
        "--ambient-caps=-all",
        "--bounding-set=-all",
        "--no-new-privs",
        "--",
        ...command,
      ];
