import { readFile } from "node:fs/promises";
import { bodyOf, type QueryResult } from "@lookalike/client";
import { type AddCommands, wholeNumber } from "../command.ts";
import { UsageError } from "../connection.ts";
import { findCatalog } from "../jobs.ts";
import { printable } from "../output.ts";

/** Find a picture's like. */
export const addQueryCommand: AddCommands = (program, inside) => {
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
};
