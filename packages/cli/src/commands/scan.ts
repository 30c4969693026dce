import { existsSync } from "node:fs";
import type { Job } from "@lookalike/client";
import type { Grouping } from "@lookalike/shared/domain/job/options";
import { type Source, sourceLabel } from "@lookalike/shared/domain/job/source";
import { rootBytes } from "@lookalike/shared/domain/primitives/root-path";
import { EXIT, OperatorError } from "@lookalike/shared/runtime/errors";
import { printableLine } from "@lookalike/shared/runtime/printable";
import { Option } from "commander";
import { printAgainst } from "../against.ts";
import type { Client } from "../client.ts";
import type { AddCommands } from "../command.ts";
import {
  featuresOption,
  globOptions,
  globsOf,
  groupingOption,
  JOB_MODES,
  numberOption,
  verificationOption,
} from "../options.ts";
import { filesLines, jobText, storedLines } from "../output.ts";
import { callerPath, SOURCE_FORMS, sourceOf } from "../source-address.ts";
import { percentLine, watchJob } from "../watch-job.ts";

interface ScanOptions {
  readonly acceptMissing?: boolean;
  readonly against?: string;
  readonly verify?: boolean;
  readonly include?: string[];
  readonly exclude?: string[];
  readonly features?: boolean;
  readonly verification?: boolean;
  readonly grouping?: Grouping;
  readonly list?: string;
  readonly name?: string;
  readonly mode?: Job["mode"];
  readonly threshold?: number;
  readonly wait: boolean;
}

/** Starts jobs and follows them. */
export const addScanCommands: AddCommands = (program, withClient) => {
  const { include, exclude } = globOptions();
  program
    .command("scan")
    .description("scan a folder (or a catalog that exists) and wait for its groups")
    .argument("<source>", `${SOURCE_FORMS}, or a catalog's name`)
    .option("--name <name>", "the catalog's name (default: the folder's path)")
    .addOption(new Option("--mode <mode>", "what is read and compared (default: new)").choices(JOB_MODES))
    .addOption(numberOption("thresholdBits", "--threshold <bits>", "largest distance of similar images"))
    .addOption(featuresOption())
    .addOption(verificationOption())
    .addOption(groupingOption())
    .option("--accept-missing", "go on although many known pictures are missing: they were deleted")
    .addOption(include)
    .addOption(exclude)
    .option("--list <file>", "only the files this text file names, one path a line, under the folder")
    .option("--against <catalog>", "also say of every file whether that catalog has it, after a look at its files")
    .option("--verify", "with --against: also compare the bytes of that catalog's files with what they were")
    .option("--no-wait", "do not wait for the end")
    .action(
      withClient(async (client, output, address: string, options: ScanOptions) => {
        const { acceptMissing = false, features = null, verification = null, mode, threshold, against, wait } = options;
        const { verify = false, grouping } = options;
        if (verify && against === undefined)
          throw new OperatorError(
            "--verify needs --against: it compares the bytes of that catalog's files.",
            EXIT.usage,
          );
        const catalog = await openCatalog(client, address, options);
        const reference = against === undefined ? null : await client.findCatalog(against);
        const started = await client.startJob(catalog, {
          reference,
          acceptMissing,
          features,
          verification,
          ...(grouping === undefined ? {} : { grouping }),
          ...(mode === undefined ? {} : { mode }),
          ...(threshold === undefined ? {} : { thresholdBits: threshold }),
        });
        if (!wait) return output.print(started, jobText(started));
        const job = await watchJob(client, started, percentLine);
        // With --against, the answers follow.
        const isAlone = reference === null && job.state === "completed";
        const stored = isAlone ? storedLines(job, await client.statistics(catalog)) : [];
        output.print(job, [...(reference === null ? filesLines(job) : []), jobText(job), ...stored].join("\n"));
        if (job.state !== "completed")
          throw new OperatorError(printableLine(job.failure ?? `The job is ${job.state}.`), EXIT.error);
        if (reference !== null) await printAgainst(client, output, job, verify);
      }),
    );

  program
    .command("jobs <catalog>")
    .description("the newest jobs of a catalog")
    .action(
      withClient(async (client, output, name: string) => {
        const jobs = await client.newestJobs(await client.findCatalog(name));
        for (const job of jobs) output.print(job, jobText(job));
      }),
    );

  program
    .command("watch <job>")
    .description("follow a job until it is over")
    .action(
      withClient(async (client, output, id: string) => {
        const job = await watchJob(client, await client.readJob(id), percentLine);
        output.print(job, jobText(job));
      }),
    );
};

/** The catalog over a source, created when there is none of its name; or the catalog that the address names. */
const openCatalog = async (client: Client, address: string, options: ScanOptions): Promise<string> => {
  const { name, list } = options;
  const source = sourceOf(address);
  const globs = globsOf({ ...options });
  const find = async (): Promise<string> => {
    const catalog = await client.findCatalog(address);
    await client.changeGlobs(catalog, globs);
    return catalog;
  };
  switch (source.kind) {
    case "s3":
      return client.openCatalog(name ?? address, source, globs);
    case "hashes":
      return existsSync(source.file) ? client.openCatalog(name ?? sourceLabel(source), source) : find();
    case "directory": {
      if (!existsSync(rootBytes(source.root))) return find();
      if (list === undefined) return client.openCatalog(name ?? sourceLabel(source), source, globs);
      const listed: Source = { ...source, list: callerPath(list) };
      return client.openCatalog(name ?? `${sourceLabel(source)} (${list})`, listed, globs);
    }
  }
};
