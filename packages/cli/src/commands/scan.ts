import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { bodyOf, itemsOf, type NewCatalog } from "@lookalike/client";
import { Option } from "commander";
import { type AddCommands, after, PAGE, wholeNumber } from "../command.ts";
import { type Connection, UsageError } from "../connection.ts";
import { findCatalog, watchJob } from "../jobs.ts";
import { jobText, printable } from "../output.ts";

interface ScanOptions {
  readonly against?: string;
  readonly list?: string;
  readonly name?: string;
  readonly mode: "new" | "full" | "regroup" | "retry";
  readonly threshold?: number;
  readonly wait: boolean;
}

/** Start jobs and follow them. */
export const addScanCommands: AddCommands = (program, inside) => {
  program
    .command("scan")
    .description("scan a folder (or a catalog that exists) and wait for its groups")
    .argument("<source>", "a folder, s3://bucket/prefix, hashes:FILE.ndjson, or a catalog's name")
    .option("--name <name>", "the catalog's name; the folder's path unless given")
    .addOption(new Option("--mode <mode>").choices(["new", "full", "regroup", "retry"]).default("new"))
    .option("--threshold <bits>", "largest distance of similar images", wholeNumber)
    .option("--list <file>", "only the files this text file names, one path a line, under the folder")
    .option("--against <catalog>", "also say which pictures that catalog has already, and which not")
    .option("--no-wait", "do not wait for the end")
    .action(
      inside(async (connection, output, source: string, options: ScanOptions) => {
        const catalog = await openCatalog(connection, source, options);
        const reference = options.against === undefined ? null : await findCatalog(connection, options.against);
        const started = bodyOf(
          await connection.api.POST("/v1/catalogs/{catalog}/jobs", {
            params: { path: { catalog } },
            body: {
              mode: options.mode,
              reference,
              ...(options.threshold === undefined ? {} : { thresholdBits: options.threshold }),
            },
          }),
        );
        const job = options.wait ? await watchJob(connection, started.id) : started;
        output.tell(job, jobText(job));
        if (options.wait && job.state !== "completed") throw new UsageError(job.failure ?? `The job is ${job.state}.`);
        if (reference === null || !options.wait) return;
        for (const present of ["true", "false"] as const)
          for await (const item of referencedImages(connection, job.id, present))
            output.tell(
              item,
              item.match === null
                ? `new   ${printable(item.image.path)}`
                : `have  ${printable(item.image.path)}  ~  ${printable(item.match.path ?? "")}`,
            );
      }),
    );

  program
    .command("jobs")
    .description("the newest jobs of a catalog")
    .argument("<catalog>")
    .action(
      inside(async (connection, output, name: string) => {
        const catalog = await findCatalog(connection, name);
        const { items } = bodyOf(
          await connection.api.GET("/v1/catalogs/{catalog}/jobs", { params: { path: { catalog } } }),
        );
        for (const job of items) output.tell(job, jobText(job));
      }),
    );

  program
    .command("watch")
    .description("follow a job until it is over")
    .argument("<job>")
    .action(
      inside(async (connection, output, id: string) => {
        const job = await watchJob(connection, id);
        output.tell(job, jobText(job));
      }),
    );
};

/** The catalog over a source, made when there is none of its name. */
const openCatalog = async (connection: Connection, source: string, { name, list }: ScanOptions): Promise<string> => {
  const [, bucket, prefix] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(source) ?? [];
  if (bucket !== undefined)
    return findOrCreate(connection, name ?? source, { kind: "s3", bucket, prefix: prefix ?? "" });
  const hashes = /^hashes:(.+)$/.exec(source)?.[1];
  const path = resolve(hashes ?? source);
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  if (!isThere) return findCatalog(connection, source);
  const place = hashes === undefined ? path : `hashes:${path}`;
  const wanted = name ?? (list === undefined ? place : `${place} (${list})`);
  return findOrCreate(
    connection,
    wanted,
    hashes === undefined
      ? { kind: "directory", root: path, list: list === undefined ? null : resolve(list) }
      : { kind: "hashes", file: path },
  );
};

const findOrCreate = async ({ api }: Connection, name: string, source: NewCatalog["source"]): Promise<string> => {
  const known = bodyOf(await api.GET("/v1/catalogs", { params: { query: { name } } })).items[0];
  return known?.id ?? bodyOf(await api.POST("/v1/catalogs", { body: { name, source } })).id;
};

const referencedImages = ({ api }: Connection, job: string, present: "true" | "false") =>
  itemsOf(async (cursor) => {
    const query = { present, limit: PAGE, ...after(cursor) };
    return bodyOf(await api.GET("/v1/jobs/{job}/reference", { params: { path: { job }, query } }));
  });
