import { join } from "node:path";
import { type DataFolder, openDataFolder } from "@lookalike/local/data-folder";
import { makeDemoCatalog } from "@lookalike/local/demo";
import { dataFolderPath } from "@lookalike/local/instance";
import { directorySource, type Source, sourceLabel } from "@lookalike/shared/domain/job/source";
import { EXIT, messageOf, OperatorError } from "@lookalike/shared/runtime/errors";
import { type Client, createClient, type Job } from "../client.ts";
import type { StartRequest } from "../options.ts";
import { printStatus } from "../output.ts";
import { countLine, watchJob } from "../watch-job.ts";
import { checkSource } from "./check-source.ts";
import { choosePort, type Lifetime, type Running, startLocal } from "./local.ts";
import { patientFetch } from "./patient-fetch.ts";
import { report } from "./report.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "disconnect"];
const INTERRUPTED = "Interrupted. Start again to go on.";

/** Starts everything, runs the job, and ends the process with its exit code. @throws OperatorError */
export const start = async (request: StartRequest): Promise<never> => {
  if (request.source !== null) await checkSource(request.source);
  // Nothing that is created in the data folder may be read by other users of the machine.
  const umask = process.umask(0o077);
  const running: Running[] = [];
  const ending = new AbortController();
  const interrupted = new Promise<never>((_resolve, reject) => {
    const interrupt = () => reject(new OperatorError(INTERRUPTED, EXIT.interrupted));
    // Also a second time: without a listener, the signal would end this process before its servers.
    for (const signal of SIGNALS) process.on(signal, interrupt);
    // A reader that has seen enough, as head, ends the start in order, not at once as other commands.
    process.stdout.removeAllListeners("error");
    for (const stream of [process.stdout, process.stderr]) stream.on("error", interrupt);
    process.on("uncaughtException", reject);
    process.on("unhandledRejection", reject);
  });
  interrupted.catch(() => undefined);
  try {
    const lifetime = { running, ending: ending.signal, umask };
    process.exitCode = await Promise.race([runAll(request, lifetime), interrupted]);
  } finally {
    ending.abort(new OperatorError(INTERRUPTED, EXIT.interrupted));
    for (const part of running.reverse()) await part.stop().catch((error: unknown) => printStatus(messageOf(error)));
  }
  process.exit();
};

const runAll = async (request: StartRequest, lifetime: Lifetime): Promise<number> => {
  const startedAt = performance.now();
  const data = await openDataFolder(dataFolderPath(), printStatus);
  lifetime.running.push({ stop: () => data.release() });
  lifetime.ending.throwIfAborted();
  const port = await choosePort(request.keepRunning);
  const source = request.source ?? (await demoSource(join(data.path, "demo")));
  const { services, failed } = await startLocal(data, port, source, lifetime);
  await data.announce(services.address);
  const address = () => services.address;
  const client = createClient(address, data.accessKey.key, patientFetch(address, printStatus));
  const job = await Promise.race([runJob(client, source, request), failed]);
  const code = await report(client, job, source, request.json, (performance.now() - startedAt) / 1_000);
  if (request.keepRunning) {
    printStatus(`\n${await invitation(services.address, data)}\nRunning until Ctrl-C.`);
    await Promise.race([failed, untilInterrupted()]);
  }
  return code;
};

/** Ends an unfinished job of the catalog first. Runs a job of its own unless that one had the same options. */
const runJob = async (client: Client, source: Source, { options, globs }: StartRequest): Promise<Job> => {
  const label = sourceLabel(source);
  // The block size is fixed for the life of a catalog: another size is another catalog.
  const name = options.blockSize === null ? label : `${label} (blocks of ${options.blockSize})`;
  const catalog = await client.openCatalog(name, source, globs);
  const [latest] = await client.newestJobs(catalog);
  if (latest !== undefined && latest.phase !== "done") {
    printStatus("Going on with the job that was interrupted.");
    const resumed = await watchJob(client, latest, countLine);
    const { thresholdBits, grouping } = resumed.options;
    if (thresholdBits === options.thresholdBits && grouping === options.grouping) return resumed;
  }
  return watchJob(client, await client.startJob(catalog, options), countLine);
};

const demoSource = async (folder: string): Promise<Source> => {
  printStatus(`No folder given: comparing a demo catalog in ${folder}. For your own: npm start -- ~/Pictures`);
  await makeDemoCatalog(folder);
  return directorySource(folder);
};

/** Where to review. The first time with the key, which the browser then stores. */
const invitation = async (address: string, { accessKey: { key, file }, isFirstStart }: DataFolder): Promise<string> =>
  (await isFirstStart())
    ? `Review them: ${address}/#key=${key}\n(The access key is shown this once; it is stored in ${file}.)`
    : `Review them: ${address}/`;

/** After the job, an interrupt is the way to end it, and no error. */
const untilInterrupted = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of SIGNALS) {
      process.removeAllListeners(signal);
      process.on(signal, () => resolve());
    }
  });
