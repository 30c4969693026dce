import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { createSecrets } from "./secrets.ts";

const DEFAULT = fileURLToPath(new URL("../../../deploy/compose/secrets", import.meta.url));

// `npm run make:secrets [folder]`
const folder = process.argv[2] === undefined ? DEFAULT : resolve(process.env["INIT_CWD"] ?? ".", process.argv[2]);
await createSecrets(folder);
console.log(folder);
