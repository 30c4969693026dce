import { access, constants, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type DataFolder, openDataFolder } from "@lookalike/local/data-folder";
import { makeDemoCatalog } from "@lookalike/local/demo";
import { startNats } from "@lookalike/local/nats-server";
import { startPostgres } from "@lookalike/local/postgres";
import type { Server } from "@lookalike/local/server-process";
import { startServices } from "@lookalike/local/services";
import type { JobOptions } from "@lookalike/shared/domain/job/options";
import { directorySource, type Source, sourceLabel } from "@lookalike/shared/domain/job/source";
import { EXIT, messageOf, OperatorError, runMain } from "@lookalike/shared/runtime/errors";
import { type Client, createClient, type Job } from "./client.ts";
import { type Request, readRequest } from "./options.ts";
import { createProgressView } from "./progress.ts";
import { jsonReport, textReport } from "./report.ts";

const DEFAULT_PORT = 7373;
const POLL_MS = 250;
const say = (text: string): void => void process.stderr.write(`${text}\n`);

runMain(async () => {
  const cwd = process.env["INIT_CWD"] ?? process.cwd();
  const request = readRequest(process.argv.slice(2), cwd);
  if (request.source !== null) await checkSource(request.source);
  const data = await openDataFolder(resolve(cwd, process.env["LOOKALIKE_DATA"] || ".lookalike"));

  // What is running, in the order it was started; ended in the opposite order.
  const running: { stop(): Promise<void> }[] = [{ stop: () => data.release() }];
  let stopped: Promise<void> | undefined;
  const stopAll = (): Promise<void> => {
    stopped ??= (async () => {
      for (const part of running.reverse()) await part.stop().catch((error: unknown) => say(messageOf(error)));
    })();
    return stopped;
  };
  const interrupted = new Promise<never>((_resolve, reject) => {
    const interrupt = () => reject(new OperatorError("Interrupted. Start again to go on.", EXIT.interrupted));
    for (const event of ["SIGINT", "SIGTERM", "SIGHUP", "disconnect"]) process.once(event, interrupt);
  });
  interrupted.catch(() => undefined);

  try {
    process.exitCode = await Promise.race([run(request, data, running), interrupted]);
  } finally {
    await stopAll();
  }
  process.exit();
});

const run = async (request: Request, data: DataFolder, running: { stop(): Promise<void> }[]): Promise<number> => {
  const started = performance.now();
  const port = await choosePort(request.keepRunning);
  const source = request.source ?? (await demoSource(join(data.path, "demo")));
  const keep = async (starting: Promise<Server>): Promise<Server> => {
    const server = await starting;
    running.push(server);
    return server;
  };
  const [postgres, nats] = await Promise.all([
    process.env["DATABASE_URL"] ? null : keep(startPostgres(data)),
    process.env["NATS_URL"] ? null : keep(startNats(data, say)),
  ]);
  const services = await startServices(
    {
      ...(postgres === null ? {} : { DATABASE_URL: postgres.url }),
      ...(nats === null ? {} : { NATS_URL: nats.url }),
      LOOKALIKE_PORT: String(port),
      LOOKALIKE_FIRST_KEY: data.accessKey.key,
      // Whoever starts it may read what they may read: the API listens on this machine alone.
      LOOKALIKE_SOURCE_ROOTS: process.env["LOOKALIKE_SOURCE_ROOTS"] || "/",
      LOOKALIKE_SOURCE_BUCKETS: process.env["LOOKALIKE_SOURCE_BUCKETS"] || (source.kind === "s3" ? source.bucket : ""),
      LOOKALIKE_THUMBNAILS: process.env["LOOKALIKE_THUMBNAILS"] || join(data.path, "thumbnails"),
      // libvips decodes on libuv's threads: one for each worker thread, and some for files and DNS.
      UV_THREADPOOL_SIZE: String(availableParallelism() + 4),
    },
    join(data.path, "logs"),
  );
  running.push(services);
  const client = createClient(() => services.address, data.accessKey.key);
  const job = await Promise.race([runJob(client, source, request.options), services.failed]);
  const code = await report(client, job, source, request, (performance.now() - started) / 1_000);
  if (request.keepRunning) {
    say(`\n${await invitation(services.address, data)}\nRunning until Ctrl-C.`);
    await Promise.race([new Promise<never>(() => undefined), services.failed, untilInterrupted()]);
  }
  return code;
};

/** How to get in: the first time with the key, which the browser keeps. */
const invitation = async (address: string, { accessKey: { key, file }, isFirstStart }: DataFolder): Promise<string> =>
  (await isFirstStart())
    ? `Review them: ${address}/#key=${key}\n(The access key is shown this once; it is kept in ${file}.)`
    : `Review them: ${address}/`;

/** At this point an interrupt is how a person ends a job that is done: no error. */
const untilInterrupted = (): Promise<void> =>
  new Promise((resolveInterrupt) => {
    for (const event of ["SIGINT", "SIGTERM", "SIGHUP", "disconnect"] as const) {
      process.removeAllListeners(event);
      process.once(event, () => resolveInterrupt());
    }
  });

/** Goes on with an unfinished job of the catalog; then, or else, starts the one asked for. */
const runJob = async (client: Client, source: Source, options: JobOptions): Promise<Job> => {
  const place = sourceLabel(source);
  const catalog = await client.openCatalog(
    options.blockSize === null ? place : `${place} (blocks of ${options.blockSize})`,
    source,
  );
  const latest = await client.latestJob(catalog);
  if (latest !== null && latest.phase !== "done") {
    say("Going on with the job that was interrupted.");
    const resumed = await watch(client, latest.id);
    const { thresholdBits, grouping } = resumed.options;
    if (thresholdBits === options.thresholdBits && grouping === options.grouping) return resumed;
  }
  return watch(client, (await client.startJob(catalog, options)).id);
};

const watch = async (client: Client, id: string): Promise<Job> => {
  const view = createProgressView();
  try {
    for (let failures = 0; ; await sleep(POLL_MS)) {
      try {
        const job = await client.readJob(id);
        failures = 0;
        if (job.phase === "done") return job;
        view.show(job);
      } catch (error) {
        // The API may be on its way up again after a crash.
        if (error instanceof OperatorError || ++failures > 60_000 / POLL_MS) throw error;
      }
    }
  } finally {
    view.end();
  }
};

const report = async (client: Client, job: Job, source: Source, request: Request, seconds: number): Promise<number> => {
  if (job.state !== "completed") {
    say(job.failure ?? `The job is ${job.state}.`);
    return EXIT.error;
  }
  const result = { job, groups: await all(client.groups(job.id)), failed: await all(client.failures(job.id)), seconds };
  if (request.json) process.stdout.write(`${JSON.stringify(jsonReport(result))}\n`);
  else if (job.totalImages > 1) process.stdout.write(textReport(result));
  if (job.totalImages > 1) return EXIT.ok;
  say(
    `${sourceLabel(source)}: ${job.totalImages === 0 ? "no images" : "one image"} there, and duplicates need two. Give a folder with more pictures (JPEG, PNG, WebP, GIF, TIFF, AVIF, HEIC).`,
  );
  return EXIT.noInput;
};

const all = async <Item>(items: AsyncIterable<Item>): Promise<Item[]> => {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
};

const demoSource = async (folder: string): Promise<Source> => {
  say(`No folder given: comparing a demo catalog in ${folder}. For your own: npm start -- ~/Pictures`);
  await makeDemoCatalog(folder);
  return directorySource(folder);
};

/** Says at once what would fail the job only later. */
const checkSource = async (source: Source): Promise<void> => {
  if (source.kind === "s3") return;
  const path = source.kind === "directory" ? source.root : source.file;
  const what = source.kind === "directory" ? "folder" : "file";
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new OperatorError(
      error.code === "ENOENT"
        ? `${path}: there is no such ${what}. Give one that exists.`
        : `${path}: can't be opened (${error.message}).`,
      EXIT.noInput,
    );
  });
  if (found.isDirectory() !== (source.kind === "directory")) {
    throw new OperatorError(
      source.kind === "directory"
        ? `${path}: not a folder. For a file of hashes: npm start -- hashes:FILE.ndjson`
        : `${path}: not a file.`,
      EXIT.noInput,
    );
  }
  await access(path, source.kind === "directory" ? constants.R_OK | constants.X_OK : constants.R_OK).catch(() => {
    throw new OperatorError(
      `${path}: this ${what} may not be read by you. Change its permissions, or give another.`,
      EXIT.noInput,
    );
  });
};

/** The port asked for; else the usual one where someone will come back to it, else any free one. */
const choosePort = async (keepRunning: boolean): Promise<number> => {
  const given = process.env["LOOKALIKE_PORT"];
  const port = given ? Number(given) : keepRunning ? DEFAULT_PORT : 0;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new OperatorError(`LOOKALIKE_PORT=${given}: must be a port from 0 to 65535.`, EXIT.config);
  }
  // Found out before anything is started, not by the last of the services.
  await new Promise<void>((resolvePort, reject) => {
    const probe = createServer();
    probe.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        new OperatorError(
          `LOOKALIKE_PORT=${port}: that port can't be had (${error.code}). Stop what uses it, or set LOOKALIKE_PORT to a free one.`,
          EXIT.unavailable,
        ),
      ),
    );
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolvePort()));
  });
  return port;
};
