import { type ChildProcessWithoutNullStreams, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The machines: a NATS server or a PostgreSQL each, or one of each service. */
export const HOSTS = ["nats1", "nats2", "nats3", "postgres1", "postgres2", "services1", "services2"] as const;
export type Host = (typeof HOSTS)[number];

/** This process, which looks at everything, has a cable too. No fault reaches it. */
const OBSERVER = "observer";
const OBSERVER_DEVICE = "lookalike0";
const PORTS = [...HOSTS, OBSERVER] as const;

/** A range for tests of networks (RFC 2544). */
const SUBNET = "198.18.19";
/** The database is at this address, on the host that is its primary. */
export const DATABASE_ADDRESS = `${SUBNET}.200`;

const namespaceOf = (name: string): string => `lookalike-${name}`;
const SWITCH = namespaceOf("switch");
const numberOf = (port: (typeof PORTS)[number]): number => PORTS.indexOf(port) + 1;

export const addressOf = (host: Host): string => `${SUBNET}.${numberOf(host)}`;

/** What happens to frames from one host to another. */
export interface Rule {
  readonly from: Host;
  readonly to: Host;
  /** The part that is lost, 0 to 1. */
  readonly loss: number;
  readonly delayMs: number;
}

/** Hosts of this machine that reach each other through a switch. */
export interface Network {
  /** What runs a program on a host: to be put before its command line. */
  on(host: Host): readonly string[];
  /** Replaces all rules. Resolves when they are in effect. */
  set(rules: readonly Rule[]): Promise<void>;
  /** Moves the database's address to a host, from wherever it is. */
  moveDatabase(host: Host): Promise<void>;
  /** Removes the hosts. Their processes must have ended. */
  stop(): Promise<void>;
}

const ip = async (...args: string[]): Promise<string> => (await run("ip", args)).stdout;
const inNamespace = (namespace: string, ...args: string[]) => ip("-n", namespace, ...args);

/**
 * A network namespace for each host. Needs root.
 * @throws where another run uses them
 */
export const openNetwork = async (seed: number): Promise<Network> => {
  await removeLeftovers();
  await ip("netns", "add", SWITCH);
  for (const port of PORTS) await connect(port);
  const frames = startSwitch(seed);
  await frames.started;
  return {
    on: (host) => ["ip", "netns", "exec", namespaceOf(host)],
    set: (rules) => frames.send(rules.map(({ from, to, loss, delayMs }) => ({ from, to, loss, delay_ms: delayMs }))),
    async moveDatabase(host) {
      for (const other of HOSTS)
        if (other !== host)
          await inNamespace(namespaceOf(other), "address", "delete", `${DATABASE_ADDRESS}/24`, "dev", "eth0").catch(
            () => undefined,
          );
      await inNamespace(namespaceOf(host), "address", "add", `${DATABASE_ADDRESS}/24`, "dev", "eth0");
      // What a gratuitous ARP says: the address has another MAC address now.
      for (const other of HOSTS) await inNamespace(namespaceOf(other), "neighbour", "flush", "dev", "eth0");
      await ip("neighbour", "flush", "dev", OBSERVER_DEVICE);
    },
    async stop() {
      await frames.stop();
      await removeLeftovers();
    },
  };
};

/** One end of a cable is in the switch's namespace under the host's name, the other one is the host's eth0. */
const connect = async (port: (typeof PORTS)[number]): Promise<void> => {
  const isObserver = port === OBSERVER;
  const namespace = namespaceOf(port);
  const device = isObserver ? OBSERVER_DEVICE : "eth0";
  const end = `${port}-end`;
  if (!isObserver) await ip("netns", "add", namespace);
  // Single frames of a cable's size, so that each is lost or not for itself.
  const single = ["gso_max_segs", "1"];
  await inNamespace(SWITCH, "link", "add", port, ...single, "type", "veth", "peer", "name", end, ...single);
  const mac = `02:00:00:00:00:${numberOf(port).toString(16).padStart(2, "0")}`;
  await inNamespace(SWITCH, "link", "set", end, "address", mac);
  await inNamespace(SWITCH, "link", "set", end, "name", device, "netns", isObserver ? `${process.pid}` : namespace);
  await inNamespace(SWITCH, "link", "set", port, "up");
  const own = isObserver ? ip : (...args: string[]) => inNamespace(namespace, ...args);
  await own("address", "add", `${SUBNET}.${numberOf(port)}/24`, "dev", device);
  await own("link", "set", device, "up");
  if (!isObserver) await own("link", "set", "lo", "up");
};

const startSwitch = (seed: number) => {
  const script = join(import.meta.dirname, "switch.py");
  // A signal to this process's group, as of a terminal, must not cut the hosts off before they have ended.
  const child: ChildProcessWithoutNullStreams = spawn(
    "ip",
    ["netns", "exec", SWITCH, "python3", script, String(seed), ...PORTS],
    { detached: true },
  );
  let problem = "";
  child.stderr.on("data", (chunk: Buffer) => {
    problem += chunk.toString();
  });
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, "exit").then(() => {
    throw new Error(`the switch ended: ${problem}`);
  });
  ended.catch(() => undefined);
  const answer = (): Promise<unknown> => Promise.race([once(lines, "line"), ended]);
  return {
    started: answer(),
    async send(rules: readonly object[]): Promise<void> {
      const answered = answer();
      child.stdin.write(`${JSON.stringify(rules)}\n`);
      await answered;
    },
    async stop(): Promise<void> {
      child.stdin.end();
      await ended.catch(() => undefined);
    },
  };
};

/** Removes the namespaces of a run that was killed. @throws where one has processes */
const removeLeftovers = async (): Promise<void> => {
  const names = (await ip("netns", "list")).split("\n").map((line) => line.split(" ")[0] ?? "");
  const ours = names.filter((name) => name.startsWith(namespaceOf("")));
  for (const name of ours) {
    const pids = (await ip("netns", "pids", name)).split("\n").filter((pid) => pid !== "");
    if (pids.length > 0) throw new Error(`processes of another run use ${name}: ${pids.join(", ")}`);
  }
  for (const name of ours) await ip("netns", "delete", name);
};
