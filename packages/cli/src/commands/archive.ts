import { setTimeout as sleep } from "node:timers/promises";
import { type Archive, bodyOf } from "@lookalike/client";
import type { Client } from "../client.ts";
import type { AddCommands } from "../command.ts";
import { type Output, printable, sizeText } from "../output.ts";

const POLL_MS = 200;

/** Moves files that were decided to go into an archive folder, and puts them back. Nothing is ever deleted. */
export const addArchiveCommands: AddCommands = (program, withClient) => {
  program
    .command("archive <catalog>")
    .description("move the files that were decided to go into an archive folder of the same source")
    .action(
      withClient(async (client, output, name: string) => {
        const path = { catalog: await client.findCatalog(name) };
        const started = bodyOf(await client.api.POST("/v1/catalogs/{catalog}/archives", { params: { path } }));
        await showMoves(client, output, started);
      }),
    );

  program
    .command("restore <archive>")
    .description("put an archive's files back where they were")
    .action(
      withClient(async (client, output, archive: string) => {
        const path = { archive };
        const started = bodyOf(await client.api.POST("/v1/archives/{archive}/restore", { params: { path } }));
        await showMoves(client, output, started);
      }),
    );
};

/** Prints the archive when no file of it moves any more. */
const showMoves = async ({ api }: Client, output: Output, started: Archive): Promise<void> => {
  let archive = started;
  while (archive.state === "archiving" || archive.state === "restoring") {
    await sleep(POLL_MS);
    archive = bodyOf(await api.GET("/v1/archives/{archive}", { params: { path: { archive: archive.id } } }));
  }
  output.print(
    archive,
    [
      `${archive.id}  ${archive.state}  ${archive.movedFiles} of ${archive.totalFiles} files, ${sizeText(archive.movedBytes)}  ${printable(archive.folder)}`,
      ...archive.refusals.map(({ path, reason }) => `   left  ${printable(path)}: ${reason}`),
    ].join("\n"),
  );
};
