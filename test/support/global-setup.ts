import { delimiter, dirname, isAbsolute, join } from "node:path";
import { findNatsServer } from "@lookalike/local/nats-server";
import { ROOT } from "./folders.ts";

/** Settings of the product and of its clients that the machine's owner may have set for other purposes. */
const SETTINGS = /^(LOOKALIKE_(?!TOOLS$|NATIVE$)|NATS_|DATABASE_URL$|PG[A-Z]+$|AWS_|OTEL_)/;

/** Makes every machine alike for the tests with servers: none of its settings, and a nats-server. */
export default async (): Promise<void> => {
  for (const name of Object.keys(process.env)) if (SETTINGS.test(name)) delete process.env[name];
  const server = await findNatsServer(join(ROOT, "node_modules/.cache/lookalike-tools"), console.warn);
  if (isAbsolute(server)) process.env["PATH"] = [dirname(server), process.env["PATH"]].join(delimiter);
};
