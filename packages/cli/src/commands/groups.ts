import type { ReadableStream } from "node:stream/web";
import { bodyOf, itemsOf } from "@lookalike/client";
import { GroupKind } from "@lookalike/shared/domain/grouping/keeper";
import { printableName } from "@lookalike/shared/runtime/printable";
import { Option } from "commander";
import type { AddCommands } from "../command.ts";
import { wholeNumber } from "../options.ts";
import { groupText, printFile } from "../output.ts";

interface GroupsOptions {
  readonly kind?: GroupKind;
  readonly undecided?: boolean;
  readonly limit: number;
}

const FORMATS = ["csv", "ndjson", "sh", "tags"] as const;
const MAX_PAGE = 500;

/** Shows and exports what was found. */
export const addGroupsCommands: AddCommands = (program, withClient) => {
  program
    .command("groups <catalog>")
    .description("the groups of a catalog, most reclaimable first")
    .addOption(new Option("--kind <kind>", "only groups of this kind").choices(GroupKind.options))
    .option("--undecided", "only what is left to decide")
    .option("--limit <n>", "at most this many", wholeNumber, 50)
    .action(
      withClient(async (client, output, name: string, { kind, undecided, limit }: GroupsOptions) => {
        const job = await client.newestResult(await client.findCatalog(name));
        const filter = {
          order: "reclaimable" as const,
          ...(kind === undefined ? {} : { kind }),
          ...(undecided === true ? { decided: "false" as const } : {}),
        };
        let remaining = limit;
        if (remaining === 0) return;
        for await (const group of client.groups(job, filter, Math.min(limit, MAX_PAGE))) {
          output.print(group, groupText(group));
          remaining -= 1;
          if (remaining === 0) return;
        }
      }),
    );

  program
    .command("missing <catalog>")
    .description("the pictures that scans no longer find, and since when: they stay known")
    .action(
      withClient(async ({ api, findCatalog }, output, name: string) => {
        const catalog = await findCatalog(name);
        const images = itemsOf((page) =>
          api.GET("/v1/catalogs/{catalog}/missing-images", { params: { path: { catalog }, query: page } }),
        );
        for await (const image of images) output.print(image, `${image.missingSince}  ${printableName(image.path)}`);
      }),
    );

  program
    .command("export <catalog>")
    .description("groups and decisions to standard output")
    .addOption(new Option("--format <format>", "csv, or ndjson with --json, unless chosen").choices(FORMATS))
    .action(
      withClient(async (client, output, name: string, options: { format?: (typeof FORMATS)[number] }) => {
        const format = options.format ?? (output.isJson ? "ndjson" : "csv");
        const job = await client.newestResult(await client.findCatalog(name));
        const params = { path: { job }, query: { format } };
        const file = bodyOf(await client.api.GET("/v1/jobs/{job}/export", { params, parseAs: "stream" }));
        await printFile(file as ReadableStream);
      }),
    );
};
