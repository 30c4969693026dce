import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { bodyOf, type Group, itemsOf } from "@lookalike/client";
import { type Command, Option } from "commander";
import { type AddCommands, after, KINDS, PAGE, wholeNumber } from "../command.ts";
import { type Connection, UsageError } from "../connection.ts";
import { findCatalog, newestResult } from "../jobs.ts";
import { groupText } from "../output.ts";

interface GroupsOptions {
  readonly kind?: Group["kind"];
  readonly undecided?: boolean;
  readonly limit: number;
}

/** See what was found. */
export const addGroupsCommands: AddCommands = (program, inside) => {
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
    .command("export")
    .description("groups and decisions to standard output")
    .argument("<catalog>")
    .addOption(
      new Option("--format <format>")
        .choices(["csv", "ndjson", "sh", "tags"])
        .default("csv", "csv, or ndjson with --json"),
    )
    .action(
      inside(async (connection, output, name: string, options: { format: string }, command: Command) => {
        const { address, headers } = connection;
        const isChosen = command.getOptionValueSource("format") !== "default";
        const format = output.isJson && !isChosen ? "ndjson" : options.format;
        const job = await newestResult(connection, await findCatalog(connection, name));
        const response = await fetch(`${address}/v1/jobs/${job}/export?format=${format}`, { headers });
        if (!response.ok || response.body === null) throw new UsageError(`The API answered ${response.status}.`);
        await pipeline(Readable.fromWeb(response.body as never), process.stdout, { end: false });
      }),
    );
};

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
