import { existsSync } from "node:fs";
import { itemsOf, type Job } from "@lookalike/client";
import { type Source, sourceLabel } from "@lookalike/shared/domain/job/source";
import { EXIT, OperatorError } from "@lookalike/shared/runtime/errors";
import { Option } from "commander";
import type { Client } from "../client.ts";
import type { AddCommands } from "../command.ts";
import { globOptions, globsOf, JOB_MODES, numberOption } from "../options.ts";
import { filesLines, jobText, type Output, printable } from "../output.ts";
import { callerPath, SOURCE_FORMS, sourceOf } from "../source-address.ts";
import { percentLine, watchJob } from "../watch-job.ts";

interface ScanOptions {
  readonly acceptMissing?: boolean;
  readonly against?: string;
  readonly include?: string[];
  readonly exclude?: string[];
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
    .option("--accept-missing", "go on although many known pictures are missing: they were deleted")
    .addOption(include)
    .addOption(exclude)
    .option("--list <file>", "only the files this text file names, one path a line, under the folder")
    .option("--against <catalog>", "also say which pictures that catalog has already, and which not")
    .option("--no-wait", "do not wait for the end")
    .action(
      withClient(async (client, output, address: string, options: ScanOptions) => {
        const { acceptMissing = false, mode, threshold, against, wait } = options;
        const catalog = await openCatalog(client, address, options);
        const reference = against === undefined ? null : await client.findCatalog(against);
        const started = await client.startJob(catalog, {
          reference,
          acceptMissing,
          ...(mode === undefined ? {} : { mode }),
          ...(threshold === undefined ? {} : { thresholdBits: threshold }),
        });
        if (!wait) return output.print(started, jobText(started));
        const job = await watchJob(client, started, percentLine);
        output.print(job, [...(reference === null ? filesLines(job) : []), jobText(job)].join("\n"));
        if (job.state !== "completed") throw new OperatorError(job.failure ?? `The job is ${job.state}.`, EXIT.error);
        if (reference !== null) await printReferenced(client, output, job.id);
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
      if (!existsSync(source.root)) return find();
      if (list === undefined) return client.openCatalog(name ?? sourceLabel(source), source, globs);
      const listed: Source = { ...source, list: callerPath(list) };
      return client.openCatalog(name ?? `${sourceLabel(source)} (${list})`, listed, globs);
    }
  }
};

/** Prints which images the reference catalog has too, then those that it has not. */
const printReferenced = async ({ api }: Client, output: Output, job: string): Promise<void> => {
  for (const present of ["true", "false"] as const) {
    const items = itemsOf((page) =>
      api.GET("/v1/jobs/{job}/reference", { params: { path: { job }, query: { present, ...page } } }),
    );
    for await (const item of items) {
      const { match } = item;
      const path = printable(item.image.path);
      output.print(
        item,
        match === null
          ? `new   ${path}`
          : `have  ${path}  ~  ${match.path === null ? "(no longer in that catalog)" : printable(match.path)}`,
      );
    }
  }
};
