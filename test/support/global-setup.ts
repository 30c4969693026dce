import { delimiter, dirname, isAbsolute, join } from "node:path";
import { findNatsServer } from "@lookalike/local/nats-server";
import { ROOT } from "./folders.ts";
import { prepareData } from "./prepared-data.ts";
import { offerSharedSystem } from "./shared-system.ts";

/** Settings of the product and of its clients that the machine's owner may have set for other purposes. */
const SETTINGS = /^(LOOKALIKE_(?!TOOLS$|NATIVE$)|NATS_|DATABASE_URL$|PG[A-Z]+$|AWS_|OTEL_)/;

/** What its owner's home folder may hold for the same clients, and what the output of programs depends on. */
const ALIKE = {
  AWS_CONFIG_FILE: "/dev/null",
  AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
  LC_ALL: "C.UTF-8",
  TZ: "UTC",
};

/**
 * Makes every machine alike for the tests with servers: none of its settings, a nats-server, a data folder to copy,
 * and a whole system that they may share.
 * @returns what ends the run
 */
export default async (): Promise<() => Promise<void>> => {
  for (const name of Object.keys(process.env)) if (SETTINGS.test(name)) delete process.env[name];
  Object.assign(process.env, ALIKE);
  const server = await findNatsServer(join(ROOT, "node_modules/.cache/lookalike-tools"), console.warn);
  if (isAbsolute(server)) process.env["PATH"] = [dirname(server), process.env["PATH"]].join(delimiter);
  const removeData = await prepareData();
  const endSystem = await offerSharedSystem();
  return async () => {
    await endSystem();
    await removeData();
  };
};
