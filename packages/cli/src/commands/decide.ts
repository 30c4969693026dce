import { bodyOf, type Group, type NewDecision } from "@lookalike/client";
import { Option } from "commander";
import { type AddCommands, KINDS, wholeNumber } from "../command.ts";
import { type Connection, UsageError } from "../connection.ts";
import { findCatalog, newestResult } from "../jobs.ts";
import { sizeText } from "../output.ts";

interface DecideOptions {
  readonly keep?: number[];
  readonly keepAll?: boolean;
  readonly notDuplicates?: boolean;
}

interface AcceptOptions {
  readonly kind: Group["kind"][];
  readonly keepUnder?: string;
  readonly minBytes: number;
  readonly yes?: boolean;
}

/** Decide, one by one or many at once, and take it back. */
export const addDecideCommands: AddCommands = (program, inside) => {
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
    .command("accept")
    .description("decide all open groups by a rule; without --yes it only says what that would do")
    .argument("<catalog>")
    .addOption(new Option("--kind <kinds...>", "only groups of these kinds").choices(KINDS).default(["exact"]))
    .option(
      "--keep-under <folder>",
      "what lies in this folder stays, its copies elsewhere go; else the suggested image stays",
    )
    .option("--min-bytes <n>", "only groups that give back so much", wholeNumber, 0)
    .option("--yes", "do it")
    .action(
      inside(async (connection, output, name: string, { kind, keepUnder, minBytes, yes }: AcceptOptions) => {
        const job = await newestResult(connection, await findCatalog(connection, name));
        const preview = yes !== true;
        const body = { kinds: kind, keepUnder: keepUnder ?? null, minReclaimableBytes: minBytes, preview };
        const result = bodyOf(
          await connection.api.POST("/v1/jobs/{job}/decisions", { params: { path: { job } }, body }),
        );
        const { groups, kept, removed, reclaimableBytes } = result;
        output.tell(
          result,
          `${preview ? "would decide" : "decided"} ${groups} groups: ${kept} images stay, ${removed} go, ${sizeText(reclaimableBytes)} less${preview ? ". --yes does it" : ""}`,
        );
      }),
    );

  program
    .command("undo")
    .description("take a decision back; decide says its id")
    .argument("<catalog>")
    .argument("<decision>")
    .action(
      inside(async (connection, output, name: string, decision: string) => {
        const catalog = await findCatalog(connection, name);
        const undone = bodyOf(
          await connection.api.POST("/v1/catalogs/{catalog}/decisions/{decision}/undo", {
            params: { path: { catalog, decision } },
          }),
        );
        output.tell(undone, `${decision} is taken back (${undone.id})`);
      }),
    );
};

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
