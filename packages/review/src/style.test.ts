import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const FOLDER = fileURLToPath(new URL("style", import.meta.url));

/** Properties and values that name a side: in a script from right to left they would be on the wrong one. */
const SIDES =
  /(?<![\w-])(?:(?:margin|padding|border|inset)-(?:left|right|top|bottom)|(?:left|right|top|bottom|width|height|(?:min|max)-(?:width|height))\s*:|text-align:\s*(?:left|right)|float:\s*(?:left|right))/;

describe("the style sheets", () => {
  it("name no side, so that a language from right to left is laid out by itself", async () => {
    for (const name of await readdir(FOLDER)) {
      const lines = (await readFile(join(FOLDER, name), "utf8")).split("\n");
      const wrong = lines.filter((line) => SIDES.test(line) && !line.startsWith("@media"));
      expect([name, wrong]).toEqual([name, []]);
    }
  });
});
