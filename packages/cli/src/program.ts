import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import {
  ApiProblem,
  bodyOf,
  type Group,
  itemsOf,
  type NewCatalog,
  type NewDecision,
  type QueryResult,
} from "@lookalike/client";
import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { completionFor, SHELL_NAMES } from "./completion.ts";
import { type Connection, connect, UsageError } from "./connection.ts";
import { findCatalog, newestResult, watchJob } from "./jobs.ts";
import { createOutput, groupText, jobText, type Output, printable } from "./output.ts";

const KINDS = ["exact", "variant", "derivative", "burst", "near-duplicate"] as const;
const PAGE = 500;

const wholeNumber = (text: string): number => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("must be a whole number");
  return Number(text);
};

/** The `lookalike` command. */
export const createProgram = (): Command => {
  const program = new Command("lookalike")
    .description("Finds and reviews the duplicate images of a catalog. LOOKALIKE_URL and LOOKALIKE_KEY say where.")
    .option("--json", "one JSON value a line, for programs")
    .showHelpAfterError();

  const inside =
    <Values extends unknown[]>(work: (connection: Connection, output: Output, ...values: Values) => Promise<void>) =>
    async (...values: unknown[]): Promise<void> =>
      work(await connect(), createOutput(program.opts()["json"] === true), ...(values as Values));

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

  program
    .command("groups")
    .description("the groups of a catalog, most reclaimable first")
    .argument("<catalog>")
    .addOption(new Option("--kind <kind>").choices(KINDS))
    .option("--undecided", "only what is left to decide")
    .option("--limit <n>", "at most so many", wholeNumber, 50)
    .action(
      inside(async (connection, output, name: string, options: GroupsOptions) => {
        const job = await newestResult(connection, await findCatalog(connection, name));
        for await (const group of groupsOf(connection, job, options)) output.tell(group, groupText(group));
      }),
    );

  program
    .command("decide")
    .description("decide on a group; lookalike groups shows numbers and ordinals")
    .argument("<catalog>")
    .argument("<group>", "its number", wholeNumber)
    .option("--keep <ordinals...>", "images that stay", (text: string, all: number[] = []) => [
      ...all,
      wholeNumber(text),
    ])
    .option("--keep-all", "all images stay")
    .option("--not-duplicates", "different pictures: never group them again")
    .action(
      inside(async (connection, output, name: string, number: number, options: DecideOptions) => {
        const job = await newestResult(connection, await findCatalog(connection, name));
        const path = { job, number };
        const body = await verdictOf(connection, path, options);
        const decision = bodyOf(
          await connection.api.POST("/v1/jobs/{job}/groups/{number}/decisions", { params: { path }, body }),
        );
        output.tell(decision, `group ${number}: ${decision.verdict} (${decision.id})`);
      }),
    );

  program
    .command("export")
    .description("groups and decisions to standard output")
    .argument("<catalog>")
    .addOption(new Option("--format <format>").choices(["csv", "ndjson", "sh", "tags"]).default("csv"))
    .action(
      inside(async (connection, _output, name: string, { format }: { format: string }) => {
        const { address, headers } = connection;
        const job = await newestResult(connection, await findCatalog(connection, name));
        const response = await fetch(`${address}/v1/jobs/${job}/export?format=${format}`, { headers });
        if (!response.ok || response.body === null) throw new UsageError(`The API answered ${response.status}.`);
        await pipeline(Readable.fromWeb(response.body as never), process.stdout, { end: false });
      }),
    );

  program
    .command("query")
    .description("the catalog's images nearest to a picture")
    .argument("<catalog>")
    .argument("<picture>", "a file")
    .option("--max-distance <bits>", "how far", wholeNumber)
    .action(
      inside(async (connection, output, name: string, picture: string, { maxDistance }: { maxDistance?: number }) => {
        const catalog = await findCatalog(connection, name);
        const body = await readFile(picture).catch(() => {
          throw new UsageError(`${picture}: this file can't be read.`);
        });
        const path = `/v1/catalogs/${catalog}/query/image`;
        const query = maxDistance === undefined ? "" : `?maxDistance=${maxDistance}`;
        const response = await fetch(`${connection.address}${path}${query}`, {
          method: "POST",
          headers: { ...connection.headers, "content-type": "application/octet-stream" },
          body: new Uint8Array(body),
        });
        const answer: unknown = await response.json();
        const { items } = bodyOf<QueryResult>(
          response.ok ? { data: answer as QueryResult, response } : { error: answer, response },
        );
        for (const item of items)
          output.tell(item, `${String(item.distance).padStart(3)} bits  ${printable(item.image.path)}`);
      }),
    );

  program
    .command("completion")
    .description("a completion script: source <(lookalike completion bash)")
    .addArgument(new Argument("<shell>").choices(SHELL_NAMES))
    .action((shell: string) => void process.stdout.write(`${completionFor(shell, program)}\n`));

  return program;
};

interface ScanOptions {
  readonly against?: string;
  readonly list?: string;
  readonly name?: string;
  readonly mode: "new" | "full" | "regroup" | "retry";
  readonly threshold?: number;
  readonly wait: boolean;
}
interface GroupsOptions {
  readonly kind?: Group["kind"];
  readonly undecided?: boolean;
  readonly limit: number;
}
interface DecideOptions {
  readonly keep?: number[];
  readonly keepAll?: boolean;
  readonly notDuplicates?: boolean;
}

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

const after = (cursor: string | undefined) => (cursor === undefined ? {} : { cursor });

const referencedImages = ({ api }: Connection, job: string, present: "true" | "false") =>
  itemsOf(async (cursor) => {
    const query = { present, limit: PAGE, ...after(cursor) };
    return bodyOf(await api.GET("/v1/jobs/{job}/reference", { params: { path: { job }, query } }));
  });

async function* groupsOf({ api }: Connection, job: string, { kind, undecided, limit }: GroupsOptions) {
  if (limit === 0) return;
  const filter = {
    ...(kind === undefined ? {} : { kind }),
    ...(undecided === true ? { decided: "false" as const } : {}),
  };
  const groups = itemsOf(async (cursor) => {
    const query = { order: "reclaimable" as const, limit: Math.min(PAGE, limit), ...filter, ...after(cursor) };
    return bodyOf(await api.GET("/v1/jobs/{job}/groups", { params: { path: { job }, query } }));
  });
  let left = limit;
  for await (const group of groups) {
    yield group;
    left -= 1;
    if (left === 0) return;
  }
}

const verdictOf = async (
  { api }: Connection,
  path: { job: string; number: number },
  { keep, keepAll, notDuplicates }: DecideOptions,
): Promise<NewDecision> => {
  if ([keep, keepAll, notDuplicates].filter((given) => given !== undefined).length !== 1)
    throw new UsageError("Say one of --keep ORDINAL…, --keep-all, --not-duplicates.");
  if (notDuplicates === true) return { verdict: "not-duplicates" };
  if (keep !== undefined) return { verdict: "keep", keep };
  const { members } = bodyOf(await api.GET("/v1/jobs/{job}/groups/{number}", { params: { path } }));
  return { verdict: "keep", keep: members.map(({ ordinal }) => ordinal) };
};

/** One line for people, where it is known what is wrong. */
export const wordsFor = (error: unknown): string | null => {
  if (error instanceof UsageError || error instanceof ApiProblem) return error.message;
  if (error instanceof TypeError && error.message === "fetch failed")
    return `No Lookalike answers at ${process.env["LOOKALIKE_URL"] || "http://127.0.0.1:7373"}: start it with npm start, or set LOOKALIKE_URL.`;
  return null;
};
