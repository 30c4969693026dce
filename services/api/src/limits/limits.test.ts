import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ROOT } from "../../../../test/support/folders.ts";
import { CONNECTIONS, LIMITS, type Limit } from "./limits.ts";

const KIB = 1_024;
const bytesText = (bytes: number): string => (bytes < KIB ** 2 ? `${bytes / KIB} KiB` : `${bytes / KIB ** 2} MiB`);

const rowOf = ({ about, bodyBytes, perKey, perTenant, inAll, waitSeconds, seconds }: Limit): string =>
  [about, bytesText(bodyBytes), perKey, perTenant, inAll, waitSeconds, seconds ?? "none"].join(" | ");

it("docs/api.md has the limits of every kind of request", async () => {
  const documented = (await readFile(join(ROOT, "docs/api.md"), "utf8")).replaceAll(/ +\|/g, " |");
  expect(
    Object.values<Limit>(LIMITS)
      .map(rowOf)
      .filter((row) => !documented.includes(`| ${row} |`)),
  ).toEqual([]);
});

it("requests that are served have fewer than all connections, so that a health check can always connect", () => {
  const served = Object.values<Limit>(LIMITS).reduce((sum, { inAll }) => sum + inAll, 0);
  expect(served).toBeLessThan(CONNECTIONS.maxConnections / 2);
});

it("nobody alone can take all turns of a kind", () => {
  for (const { perKey, perTenant, inAll } of Object.values(LIMITS)) {
    expect(perKey).toBeLessThanOrEqual(perTenant);
    expect(perTenant).toBeLessThan(inAll);
  }
});
