import { setTimeout as sleep } from "node:timers/promises";
import { type Archive, bodyOf } from "@lookalike/client";
import type { AddCommands } from "../command.ts";
import type { Connection } from "../connection.ts";
import { findCatalog } from "../jobs.ts";
import { type Output, printable, sizeText } from "../output.ts";

const POLL_MS = 200;

/** Move what was decided to go out of the way, and put it back. Nothing is ever deleted. */
export const addArchiveCommands: AddCommands = (program, inside) => {
  program
    .command("archive")
    .description("move the files that were decided to go into an archive folder of the same source")
    .argument("<catalog>")
    .action(
      inside(async (connection, output, name: string) => {
        const path = { catalog: await findCatalog(connection, name) };
        const begun = bodyOf(await connection.api.POST("/v1/catalogs/{catalog}/archives", { params: { path } }));
        printMoves(output, await moved(connection, begun));
      }),
    );

  program
    .command("restore")
    .description("put an archive's files back where they were")
    .argument("<archive>")
    .action(
      inside(async (connection, output, archive: string) => {
        const begun = bodyOf(
          await connection.api.POST("/v1/archives/{archive}/restore", { params: { path: { archive } } }),
        );
        printMoves(output, await moved(connection, begun));
      }),
    );
};

/** The archive once its files are where they are to be. */
const moved = async ({ api }: Connection, begun: Archive): Promise<Archive> => {
  let archive = begun;
  while (archive.state === "archiving" || archive.state === "restoring") {
    await sleep(POLL_MS);
    archive = bodyOf(await api.GET("/v1/archives/{archive}", { params: { path: { archive: archive.id } } }));
  }
  return archive;
};

const printMoves = (output: Output, archive: Archive): void =>
  output.tell(
    archive,
    [
      `${archive.id}  ${archive.state}  ${archive.movedFiles} of ${archive.totalFiles} files, ${sizeText(archive.movedBytes)}  ${printable(archive.folder)}`,
      ...archive.refusals.map(({ path, reason }) => `   left  ${printable(path)}: ${reason}`),
    ].join("\n"),
  );
