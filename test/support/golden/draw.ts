// Draws the pictures of the golden values that are not there yet: `npm run golden`. Those that are stay as they are, since encoders change.
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ROOT } from "../folders.ts";
import { goldenPictures } from "./golden-pictures.ts";

const folder = join(ROOT, "packages/engine/golden/pictures");
for (const [name, draw] of Object.entries(await goldenPictures())) {
  const file = join(folder, name);
  if (existsSync(file)) continue;
  await writeFile(file, await draw());
  console.log(`drawn: ${name}`);
}
