import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type NatsServer, startNatsServer } from "../../../../test/support/nats-server.ts";
import { compareVersions, connectBus, NATS_FLOOR } from "./connect.ts";

let server: NatsServer;

beforeAll(async () => {
  server = await startNatsServer();
});
afterAll(() => server.stop());

describe("connecting", () => {
  it("distinguishes an older server from one that is new enough", () => {
    expect(
      ["2.9.9", "2.9.10", "2.10.0", "2.12.0-beta.1", "1.99.99"].map(
        (version) => compareVersions(version, NATS_FLOOR) >= 0,
      ),
    ).toEqual([false, true, true, true, false]);
  });

  it("says what is missing: no server, no JetStream", async () => {
    await expect(connectBus("nats://127.0.0.1:1", "test", () => undefined)).rejects.toThrow(
      /no NATS server answers there.*nats-server -js/,
    );
    const url = server.url.replace("//", "//wrong@");
    await expect(connectBus(url, "test", () => undefined)).rejects.toThrow(
      /NATS_URL=nats:\/\/\*\*\*@.* does not let this user in/,
    );
  });
});
