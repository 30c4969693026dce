import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setInterval } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { hammingDistance } from "@lookalike/shared/domain/image/hamming";
import { randomWords } from "@lookalike/shared/domain/primitives/random";
import autocannon from "autocannon";
import { connectTo, WITH_KEY } from "../test/support/servers.ts";
import { type System, startSystem } from "../test/support/system.ts";
import { type Bench, costRow, type Row, throughputRow } from "./bench.ts";
import { percentile } from "./statistics.ts";

const IMAGES = 100_000;
const GROUPS = 20_000;
const SECONDS = 8;
const CONNECTIONS = 16;
/** Of the rate of a route that reads nothing. */
const GOAL = 0.25;
const QUERIES = 200;
const QUERY_LIMIT_MS = 50;

/** A catalog of so many images, two of each of the first so many pictures. */
export const writeCatalog = async (file: string, images: number, groups: number): Promise<string[]> => {
  const random = randomWords(images);
  const hashes = Array.from({ length: images - groups }, () =>
    Array.from({ length: 8 }, () => random().toString(16).padStart(8, "0")).join(""),
  );
  const all = [...hashes, ...hashes.slice(0, groups)];
  const lines = all.map(
    (hash, at) => `${JSON.stringify({ id: `2019/trip/DSC_${at}.jpg`, hash, bytes: 1_000_000 + at })}\n`,
  );
  await writeFile(file, lines.join(""));
  return hashes;
};

const load = async (url: string): Promise<{ rate: number; p99: number }> => {
  const result = await autocannon({ url, connections: CONNECTIONS, duration: SECONDS, headers: WITH_KEY });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${url}: ${result.non2xx} not 2xx, ${result.errors} errors`);
  return { rate: result.requests.average, p99: result.latency.p99 };
};

const COMMIT_MS = 5;
const COMMITS = `a commit every ${COMMIT_MS} ms`;

/** Transactions come and go, as while a job runs: no answer is good for long. */
const whileOthersWrite = async <Result>(system: System, work: () => Promise<Result>): Promise<Result> => {
  const { store, close } = await connectTo(system.servers.environment);
  const stopped = new AbortController();
  const commits = (async () => {
    for await (const _ of setInterval(COMMIT_MS, undefined, { signal: stopped.signal }))
      await store.pool.query("select pg_current_xact_id()");
  })();
  try {
    return await work();
  } finally {
    stopped.abort();
    await commits.catch(() => undefined);
    await close();
  }
};

/** The same bytes from memory, by a fastify of its own process. */
const bareRate = async (bytes: Buffer): Promise<{ rate: number; p99: number }> => {
  const file = join(tmpdir(), `lookalike-bare-${process.pid}.json`);
  await writeFile(file, bytes);
  const script = fileURLToPath(new URL("./rivals/bare-fastify.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", script, file], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const [port] = (await once(child.stdout, "data")) as [Buffer];
    return await load(`http://127.0.0.1:${String(port).trim()}/`);
  } finally {
    child.kill();
    await rm(file);
  }
};

/** Reads under load beside a bare route, and queries beside a plain scan of the stored hashes. */
export const api: Bench = {
  about: `REST reads at ${IMAGES} images and ${GROUPS} groups beside a bare fastify route; query by hash beside a plain scan`,
  async run(_, say, images = IMAGES) {
    const file = join(tmpdir(), `lookalike-bench-${process.pid}.ndjson`);
    const hashes = await writeCatalog(file, images, GROUPS);
    const system = await startSystem({ LOOKALIKE_REQUESTS_PER_MINUTE: "100000000" });
    try {
      const job = await system.run({ kind: "hashes", file }, {}, "api", 600);
      const catalog = await system.client.openCatalog("api", { kind: "hashes", file });
      const rows: Row[] = [];
      for (const [name, path] of [
        ["a page of 50 groups", `/jobs/${job.id}/groups?limit=50&order=reclaimable`],
        ["a group with its distances", `/jobs/${job.id}/groups/777`],
        ["a page of 100 images", `/catalogs/${catalog}/images?limit=100&cursor=${cursorOf(images / 2)}`],
        ["an image", `/catalogs/${catalog}/images/${images / 2}`],
      ] as const) {
        const url = `${system.address}/v1${path}`;
        const bytes = Buffer.from(await (await fetch(url, { headers: WITH_KEY })).arrayBuffer());
        const ours = await load(url);
        const bare = await bareRate(bytes);
        say(`${name}: p99 ${ours.p99} ms (bare ${bare.p99} ms), ${bytes.length} bytes`);
        const reading = { bench: "api", rival: "bare fastify, same bytes", theirs: bare.rate, unit: "requests/s" };
        rows.push(throughputRow({ ...reading, case: name, ours: ours.rate, goal: GOAL }));
        const { rate } = await whileOthersWrite(system, () => load(url));
        rows.push(throughputRow({ ...reading, case: `${name}, ${COMMITS}`, ours: rate, goal: null }));
      }
      return [...rows, ...(await queryRows(system, catalog, hashes, say))];
    } finally {
      await system.stop();
      await rm(file);
    }
  },
};

export const cursorOf = (position: number): string => Buffer.from(JSON.stringify(position)).toString("base64url");

const queryRows = async (
  system: System,
  catalog: string,
  hashes: readonly string[],
  say: (text: string) => void,
): Promise<Row[]> => {
  const stored = hashes.map((hash) => Buffer.from(hash, "hex"));
  const url = `${system.address}/v1/catalogs/${catalog}/query`;
  const headers = { ...WITH_KEY, "content-type": "application/json" };
  const ours: number[] = [];
  const scan: number[] = [];
  for (let query = 0; query < QUERIES; query += 1) {
    const hash = hashes[(query * 7_919) % hashes.length] ?? "";
    const started = performance.now();
    const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify({ hash }) });
    const { items } = (await answer.json()) as { items: { distance: number }[] };
    if (items[0]?.distance !== 0) throw new Error(`${hash} is not found`);
    // The first one reads all hashes.
    if (query > 0) ours.push(performance.now() - started);
    if (query % 10 > 0) continue;
    const begun = performance.now();
    const queried = Buffer.from(hash, "hex");
    stored.filter((other) => hammingDistance(queried, other) <= 20);
    scan.push(performance.now() - begun);
  }
  say(`query p50 ${percentile(ours, 0.5).toFixed(1)} ms, p95 ${percentile(ours, 0.95).toFixed(1)} ms`);
  const reading = { bench: "api", unit: "ms" };
  return [
    costRow({
      ...reading,
      case: "query by hash, p95 over HTTP",
      ours: percentile(ours, 0.95),
      rival: "a plain scan in memory, p95",
      theirs: percentile(scan, 0.95),
      goal: null,
    }),
    costRow({
      ...reading,
      case: "query by hash, p95 over HTTP",
      ours: percentile(ours, 0.95),
      rival: "limit",
      theirs: QUERY_LIMIT_MS,
      goal: 1,
    }),
  ];
};
