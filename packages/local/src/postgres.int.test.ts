import { spawn } from "node:child_process";
import { chmod, chown, cp, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { openStore } from "@lookalike/shared/store/open";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../test/support/folders.ts";
import { isRoot } from "../../../test/support/installed.ts";
import { type DataFolder, openDataFolder } from "./data-folder.ts";
import { startPostgres } from "./postgres.ts";
import { postgresProgram, reachableProgram } from "./postgres-program.ts";
import { postgresUser, runAs } from "./postgres-user.ts";
import { taggedProcesses } from "./processes.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let data: DataFolder;

beforeEach(async () => {
  folder = await temporaryFolder();
  await chmod(folder.path, 0o700);
  data = await openDataFolder(join(folder.path, "data"));
});
afterEach(() => folder.remove());

const query = async (url: string, text: string): Promise<unknown[]> => {
  const store = await openStore(url, "lookalike-test", 1);
  try {
    const { rows } = await store.pool.query<Record<string, unknown>>(text);
    return rows;
  } finally {
    await store.close();
  }
};

const asRoot = it.skipIf(!isRoot("PostgreSQL that runs as another user"));

describe("PostgreSQL in a data folder that is closed to others", () => {
  asRoot("has no capability, and reads no file that its user may not read", async () => {
    const { url, stop } = await startPostgres(data);
    const open = await Promise.all([1, 2, 3].map(() => query(url, "select pg_sleep(0.1)")));
    expect(open).toHaveLength(3);
    const processes = await taggedProcesses(data.tag);
    expect(processes.length).toBeGreaterThan(5);
    const uid = (await stat(join(data.path, "postgres"))).uid;
    expect(uid).not.toBe(0);
    for (const { pid } of processes) {
      const status = await readFile(`/proc/${pid}/status`, "utf8");
      for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"])
        expect(status).toContain(`${set}:\t0000000000000000\n`);
      expect(status).toContain("NoNewPrivs:\t1\n");
      expect(status).toContain(`Uid:\t${uid}\t${uid}\t${uid}\t${uid}\n`);
    }
    const secret = join(folder.path, "secret.txt");
    await writeFile(secret, "root's own", { mode: 0o600 });
    for (const command of [`cat ${secret}`, `cat ${data.path}/secret`, "cat ../secret", "cat /etc/shadow"]) {
      const copied = query(url, `create temp table t (line text); copy t from program '${command}'`);
      await expect(copied).rejects.toThrow(/program .* failed/);
    }
    await expect(query(url, `select pg_read_file('${secret}')`)).rejects.toThrow(/Permission denied/);
    await stop();
  });

  it("goes on after kill -9 where its lock file's number belongs to another process now", async () => {
    const first = await startPostgres(data);
    await query(first.url, "create table kept (number int)");
    const lock = join(data.path, "postgres/postmaster.pid");
    const text = await readFile(lock, "utf8");
    const others = await taggedProcesses(data.tag);
    for (const { pid } of others) process.kill(pid, "SIGKILL");
    await first.stop();
    await data.release();

    // The same user's, as a number that the system has given out again.
    const [program, ...args] = runAs(await postgresUser(join(data.path, "postgres")), ["sleep", "60"]);
    const bystander = spawn(program, args, { stdio: "ignore" });
    await writeFile(lock, text.replace(/^\d+/, String(bystander.pid)));
    const { stop, url } = await startPostgres(await openDataFolder(data.path));
    expect(await query(url, "select * from kept")).toEqual([]);
    expect([bystander.exitCode, bystander.signalCode]).toEqual([null, null]);
    bystander.kill();
    await stop();
  });

  asRoot("comes back from a backup that gave all its files to root, with other modes", async () => {
    const first = await startPostgres(data);
    await first.stop();
    await data.release();
    const copy = join(folder.path, "copy");
    await cp(data.path, copy, { recursive: true });
    await chown(join(copy, "postgres"), 0, 0);
    await chmod(join(copy, "postgres"), 0o755);
    await chmod(copy, 0o777);
    const reported: string[] = [];
    const restored = await openDataFolder(copy, (line) => reported.push(line));
    expect(reported).toEqual([`${copy} was open to other users of this machine. Now it is closed to them.`]);
    const { stop, url } = await startPostgres(restored);
    expect(await query(url, "select 1 as one")).toEqual([{ one: 1 }]);
    await stop();
  });

  asRoot("runs a copy of its program where the package is closed to its user", async () => {
    const user = await postgresUser(join(data.path, "postgres"));
    if (user === null) throw new Error("root runs PostgreSQL itself");
    const installed = dirname(dirname((await postgresProgram(null)).postgres));
    const closed = join(folder.path, "package");
    await cp(join(dirname(installed), "package.json"), join(closed, "package.json"));
    await cp(installed, join(closed, "native"), { recursive: true, verbatimSymlinks: true });
    await chmod(join(closed, "native/share"), 0o700);
    await chmod(closed, 0o700);
    const system = await temporaryFolder();
    await chmod(system.path, 0o755);
    // A folder that somebody else prepared is not used.
    const foreign = join(system.path, "foreign");
    await mkdir(join(foreign, "lookalike"), { recursive: true });
    await chown(join(foreign, "lookalike"), user.uid, user.gid);
    const { initdb } = await reachableProgram(join(closed, "native"), user, [foreign, system.path]);
    expect(initdb.startsWith(join(system.path, "lookalike/postgresql-"))).toBe(true);
    const again = await reachableProgram(join(closed, "native"), user, [foreign, system.path]);
    expect(again.initdb).toBe(initdb);
    await system.remove();
  });
});
