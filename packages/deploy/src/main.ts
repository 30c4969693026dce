import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { generatedFiles } from "./files.ts";

for (const [path, text] of Object.entries(generatedFiles())) {
  const file = fileURLToPath(new URL(`../../../deploy/${path}`, import.meta.url));
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  console.log(file);
}
