import { readFile } from "node:fs/promises";
import { bodyOf } from "@lookalike/client";
import { EXIT, OperatorError } from "@lookalike/shared/runtime/errors";
import { printableName } from "@lookalike/shared/runtime/printable";
import type { AddCommands } from "../command.ts";
import { wholeNumber } from "../options.ts";
import { callerPath } from "../source-address.ts";

/** Finds the images of a catalog that are similar to a picture. */
export const addQueryCommand: AddCommands = (program, withClient) => {
  program
    .command("query <catalog>")
    .description("the catalog's images nearest to a picture")
    .argument("<picture>", "a file")
    .option("--max-distance <bits>", "largest Hamming distance (default: the catalog's threshold)", wholeNumber)
    .action(
      withClient(async (client, output, name: string, picture: string, query: { maxDistance?: number }) => {
        const catalog = await client.findCatalog(name);
        const body = await readFile(callerPath(picture)).catch(() => {
          throw new OperatorError(`${picture}: this file can't be read.`, EXIT.error);
        });
        const { items } = bodyOf(
          await client.api.POST("/v1/catalogs/{catalog}/query/image", {
            params: { path: { catalog }, query },
            headers: { "content-type": "application/octet-stream" },
            // The API's document does not describe this body: it is the file's bytes, of any image format.
            body: body as never,
            bodySerializer: () => new Uint8Array(body),
          }),
        );
        for (const item of items)
          output.print(item, `${String(item.distance).padStart(3)} bits  ${printableName(item.image.path)}`);
      }),
    );
};
