import { setTimeout as sleep } from "node:timers/promises";
import { type Archive, bodyOf } from "@lookalike/client";
import type { Client } from "../client.ts";
import type { AddCommands } from "../command.ts";
import { countText, type Output, printable, printStatus, sizeText } from "../output.ts";

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
    .description("put an archive's files back where they were; again for those that could not be put back")
    .option("--confirm-manifest", "restore what its manifest says, although it is not the one that Lookalike wrote")
    .action(
      withClient(async (client, output, archive: string, { confirmManifest }: { confirmManifest?: boolean }) => {
        const params = {
          path: { archive },
          query: confirmManifest === true ? { confirmManifest: "true" as const } : {},
        };
        const started = bodyOf(await client.api.POST("/v1/archives/{archive}/restore", { params }));
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
  output.print(archive, archiveText(archive));
  if (archive.state === "partly-restored" && !output.isJson)
    printStatus(`Some files are still in the archive. When that is mended: lookalike restore ${archive.id}`);
};

const archiveText = (archive: Archive): string => {
  const { id, state, movedFiles, movedBytes, withdrawnDecisions, folder, refusals } = archive;
  const total = archive.archivedFiles === null || state === "archived" ? archive.totalFiles : archive.archivedFiles;
  return [
    `${id}  ${state}  ${movedFiles} of ${countText(total, "file")}, ${sizeText(movedBytes)}  ${printable(folder)}`,
    ...(withdrawnDecisions === 0
      ? []
      : [`   ${countText(withdrawnDecisions, "decision")} taken back: what was restored stays until you decide again`]),
    ...refusals.map(({ path, reason }) => `   left  ${printable(path)}: ${reason}`),
  ].join("\n");
};
