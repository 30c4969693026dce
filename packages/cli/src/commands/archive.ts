import { createInterface } from "node:readline/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { type Archive, bodyOf } from "@lookalike/client";
import { printableLine, printableName } from "@lookalike/shared/runtime/printable";
import { InvalidArgumentError } from "commander";
import type { Client } from "../client.ts";
import type { AddCommands } from "../command.ts";
import { countText, type Output, printStatus, sizeText } from "../output.ts";
import { callerPath } from "../source-address.ts";

const POLL_MS = 200;

/** Moves files that were decided to go into an archive folder, puts them back, and deletes them for good. */
export const addArchiveCommands: AddCommands = (program, withClient) => {
  const archive = program
    .command("archive")
    .argument("<catalog>")
    .description("move the files that were decided to go into an archive folder of the same source")
    .option(
      "--to <folder>",
      "into an archive of this folder instead, perhaps on another disk: copied, compared, then removed",
    )
    .action(
      withClient(async (client, output, name: string, { to }: { to?: string }) => {
        const path = { catalog: await client.findCatalog(name) };
        const params = { path, query: to === undefined ? {} : { to: callerPath(to) } };
        const started = bodyOf(await client.api.POST("/v1/catalogs/{catalog}/archives", { params }));
        await showMoves(client, output, started.id);
      }),
    );

  archive
    .command("empty <catalog>")
    .description("delete archived files for good, each after a picture that stays was read and compared")
    .requiredOption("--older-than <age>", "only archives of this age, as in 30d, 12h or 0d", secondsOfAge)
    .option("--yes", "do it without a question")
    .action(
      withClient(async (client, output, name: string, { olderThan, yes }: { olderThan: number; yes?: boolean }) => {
        const params = { path: { catalog: await client.findCatalog(name) } };
        const empty = async (confirm?: { files: number; bytes: number }) =>
          bodyOf(
            await client.api.POST("/v1/catalogs/{catalog}/archives/empty", {
              params,
              body: { olderThanSeconds: olderThan, ...(confirm === undefined ? {} : { confirm }) },
            }),
          );
        const preview = await empty();
        const { files, bytes, archives } = preview;
        const sum = `${countText(files, "archived file")} for good (${sizeText(bytes)} of disk space)`;
        if (files === 0)
          return output.print(preview, "nothing to delete: no archived file of that age has a picture that stays");
        if (yes !== true && !(await isConfirmed(`Delete ${sum}? Type yes: `)))
          return output.print(preview, `would delete ${sum}. --yes does it`);
        await empty({ files, bytes });
        for (const id of archives) await showMoves(client, output, id);
      }),
    );

  archive
    .command("recover <catalog>")
    .description(
      "find archives on the disk that are not known, as after the loss of the data folder; restore puts them back",
    )
    .option("--to <folder>", "the folder that they were made in, where it is not the catalog's own")
    .action(
      withClient(async (client, output, name: string, { to }: { to?: string }) => {
        const path = { catalog: await client.findCatalog(name) };
        const params = { path, query: to === undefined ? {} : { to: callerPath(to) } };
        const { items } = bodyOf(await client.api.POST("/v1/catalogs/{catalog}/archives/recover", { params }));
        for (const found of items) output.print(found, archiveText(found));
        if (items.length === 0) printStatus("no archive that is not known yet");
      }),
    );

  program
    .command("restore <archive>")
    .description("put an archive's files back where they were; again for those that could not be put back")
    .option("--confirm-manifest", "restore what its manifest says, although it is not the one that Lookalike wrote")
    .action(
      withClient(async (client, output, archive: string, { confirmManifest }: { confirmManifest?: boolean }) => {
        const params = {
          path: { archive },
          query: confirmManifest === true ? { confirmManifest: "true" as const } : {},
        };
        const started = bodyOf(await client.api.POST("/v1/archives/{archive}/restore", { params }));
        await showMoves(client, output, started.id);
      }),
    );
};

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 } as const;

const secondsOfAge = (text: string): number => {
  const [, count, unit = "d"] = /^(\d{1,6})([smhdw]?)$/.exec(text) ?? [];
  if (count === undefined) throw new InvalidArgumentError("It must be a number of days, as in 30d, or 12h, 2w.");
  return Number(count) * SECONDS[(unit || "d") as keyof typeof SECONDS];
};

/** Requests a yes on a terminal; anywhere else nobody can confirm. */
const isConfirmed = async (question: string): Promise<boolean> => {
  if (!process.stdin.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(question).finally(() => terminal.close());
  return answer.trim().toLowerCase() === "yes";
};

const MOVING: readonly Archive["state"][] = ["archiving", "restoring", "emptying"];

/** Prints an archive when no file of it moves any more. */
const showMoves = async ({ api }: Client, output: Output, id: string): Promise<void> => {
  const read = async () => bodyOf(await api.GET("/v1/archives/{archive}", { params: { path: { archive: id } } }));
  let archive = await read();
  while (MOVING.includes(archive.state)) {
    await sleep(POLL_MS);
    archive = await read();
  }
  output.print(archive, archiveText(archive));
  if (output.isJson) return;
  if (archive.state === "archived" && archive.deletedFiles === 0 && archive.refusals.length > 0)
    printStatus("Some files were left where they are. When that is mended, the same command moves them, too.");
  if (archive.state === "partly-restored")
    printStatus(`Some files are still in the archive. When that is mended: lookalike restore ${archive.id}`);
};

const archiveText = (archive: Archive): string => {
  const { id, state, withdrawnDecisions, folder, refusals } = archive;
  return [
    `${id}  ${state}  ${progressText(archive)}  ${printableName(folder)}`,
    ...(withdrawnDecisions === 0
      ? []
      : [`   ${countText(withdrawnDecisions, "decision")} taken back: what was restored stays until you decide again`]),
    ...refusals.map(
      ({ path, reason }) =>
        `   ${state === "restored" ? "note" : "left"}  ${printableName(path)}: ${printableLine(reason)}`,
    ),
  ].join("\n");
};

/** What was moved or deleted, and the space that this frees as `df` shows it. */
const progressText = (archive: Archive): string => {
  const { state, totalFiles, archivedFiles, movedFiles, movedBytes, freedBytes, deletedFiles, deletedBytes } = archive;
  const moved = `${movedFiles} of ${countText(state === "archived" ? totalFiles : (archivedFiles ?? totalFiles), "file")}, ${sizeText(movedBytes)}`;
  if (deletedFiles > 0) return `${countText(deletedFiles, "file")} deleted, ${sizeText(deletedBytes)} freed`;
  if (state !== "archived" || movedFiles === 0) return moved;
  return freedBytes > 0
    ? `${moved}, ${sizeText(freedBytes)} freed`
    : `${moved}, nothing freed yet: they are on the same disk (lookalike archive empty deletes them for good)`;
};
