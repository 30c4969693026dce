import { readFile } from "node:fs/promises";
import type { ReadableStream } from "node:stream/web";
import { bodyOf, type NewDecision } from "@lookalike/client";
import { ACCEPTED_KINDS, KindDecidedByRule } from "@lookalike/shared/domain/review/kind-decided-by-rule";
import { EXIT, messageOf, OperatorError } from "@lookalike/shared/runtime/errors";
import { Option } from "commander";
import type { Client } from "../client.ts";
import type { AddCommands } from "../command.ts";
import { wholeNumber } from "../options.ts";
import { printFile, sizeText } from "../output.ts";
import { callerPath } from "../source-address.ts";

interface DecideOptions {
  readonly keep?: number[];
  readonly keepAll?: boolean;
  readonly notDuplicates?: boolean;
}

interface AcceptOptions {
  readonly kind: KindDecidedByRule[];
  readonly keepUnder?: string;
  readonly minBytes: number;
  readonly yes?: boolean;
}

/** Decides on one group or on many, and takes decisions back. */
export const addDecideCommands: AddCommands = (program, withClient) => {
  program
    .command("decide <catalog>")
    .description("decide on a group; lookalike groups shows numbers and ordinals")
    .argument("<group>", "its number", wholeNumber)
    .option("--keep <ordinals...>", "images that stay", (text: string, all: number[] = []) => [
      ...all,
      wholeNumber(text),
    ])
    .option("--keep-all", "all images stay")
    .option("--not-duplicates", "different pictures: never group them again")
    .action(
      withClient(async (client, output, name: string, number: number, options: DecideOptions) => {
        const job = await client.newestResult(await client.findCatalog(name));
        const path = { job, number };
        const body = await verdictOf(client, path, options);
        const decision = bodyOf(
          await client.api.POST("/v1/jobs/{job}/groups/{number}/decisions", { params: { path }, body }),
        );
        output.print(decision, `group ${number}: ${decision.verdict} (${decision.id})`);
      }),
    );

  program
    .command("accept <catalog>")
    .description("decide all open groups by a rule; without --yes it only says what that would do")
    .addOption(
      new Option("--kind <kinds...>", "only groups of these kinds")
        .choices(KindDecidedByRule.options)
        .default(ACCEPTED_KINDS),
    )
    .option(
      "--keep-under <folder>",
      "what is in this folder stays, its copies elsewhere go; else the suggested image stays",
    )
    .option("--min-bytes <n>", "only groups that free at least this many bytes", wholeNumber, 0)
    .option("--yes", "do it")
    .action(
      withClient(async (client, output, name: string, { kind, keepUnder, minBytes, yes }: AcceptOptions) => {
        const job = await client.newestResult(await client.findCatalog(name));
        const preview = yes !== true;
        const body = { kinds: kind, keepUnder: keepUnder ?? null, minReclaimableBytes: minBytes, preview };
        const result = bodyOf(await client.api.POST("/v1/jobs/{job}/decisions", { params: { path: { job } }, body }));
        const { groups, kept, removed, reclaimableBytes } = result;
        output.print(
          result,
          `${preview ? "would decide" : "decided"} ${groups} groups: ${kept} images stay, ${removed} go (${sizeText(reclaimableBytes)})${preview ? ". --yes does it" : ""}`,
        );
      }),
    );

  program
    .command("decisions <catalog>")
    .description("all decisions to standard output, by the content of the pictures: keep this file with your backups")
    .action(
      withClient(async (client, _output, name: string) => {
        const params = { path: { catalog: await client.findCatalog(name) } };
        const file = bodyOf(
          await client.api.GET("/v1/catalogs/{catalog}/decisions/export", { params, parseAs: "stream" }),
        );
        await printFile(file as ReadableStream);
      }),
    );

  program
    .command("import <catalog> <file>")
    .description("take decisions over from such a file, wherever their pictures are in this catalog")
    .action(
      withClient(async (client, output, name: string, file: string) => {
        const body = await readFile(callerPath(file), "utf8").catch((error: unknown) => {
          throw new OperatorError(`${file}: ${messageOf(error)}`, EXIT.error);
        });
        const result = bodyOf(
          await client.api.POST("/v1/catalogs/{catalog}/decisions/import", {
            params: { path: { catalog: await client.findCatalog(name) } },
            body,
            bodySerializer: (text) => text,
            headers: { "content-type": "application/x-ndjson" },
          }),
        );
        const { imported, known, unmatched } = result;
        output.print(
          result,
          `${imported} decisions imported, ${known} known already, ${unmatched} about pictures that are not in this catalog`,
        );
      }),
    );

  program
    .command("undo <catalog> <decision>")
    .description("take a decision back; decide prints its id")
    .action(
      withClient(async (client, output, name: string, decision: string) => {
        const path = { catalog: await client.findCatalog(name), decision };
        const undone = bodyOf(
          await client.api.POST("/v1/catalogs/{catalog}/decisions/{decision}/undo", { params: { path } }),
        );
        output.print(undone, `${decision} is taken back (${undone.id})`);
      }),
    );
};

const verdictOf = async (
  { api }: Client,
  path: { job: string; number: number },
  { keep, keepAll, notDuplicates }: DecideOptions,
): Promise<NewDecision> => {
  if ([keep, keepAll, notDuplicates].filter((option) => option !== undefined).length !== 1)
    throw new OperatorError("Say one of --keep ORDINAL…, --keep-all, --not-duplicates.", EXIT.error);
  if (notDuplicates === true) return { verdict: "not-duplicates" };
  if (keep !== undefined) return { verdict: "keep", keep };
  const { members } = bodyOf(await api.GET("/v1/jobs/{job}/groups/{number}", { params: { path } }));
  return { verdict: "keep", keep: members.map(({ ordinal }) => ordinal) };
};
