import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openGate } from "../../../../test/support/gate.ts";
import { type NatsServer, startNatsServer } from "../../../../test/support/nats-server.ts";
import { until } from "../../../../test/support/until.ts";
import { compareVersions, connectBus, connectBusWhenReady, NATS_FLOOR } from "./connect.ts";

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

  it("waits for a server that is away, for a while, unless it answers with a refusal", async () => {
    const gate = await openGate(Number(new URL(server.url).port));
    await gate.close();
    const url = new URL(server.url);
    url.port = String(gate.port);
    const reasons: string[] = [];
    const patience = { seconds: 30, onWait: (reason: string) => reasons.push(reason) };
    const identity = { NATS_NKEY: server.nkeyFile("administrator") };
    const connecting = connectBusWhenReady([url.href, "test", () => undefined, identity], patience);
    await until(() => reasons.length > 0);
    await gate.open();
    const bus = await connecting;
    await bus.connection.close();
    expect(reasons).toEqual([expect.stringMatching(/NATS_URL=.*no NATS server answers there.*nats-server -js/)]);

    url.username = "wrong";
    await expect(connectBusWhenReady([url.href, "test", () => undefined], patience)).rejects.toThrow(
      /does not let this user in/,
    );
    const inVain = connectBusWhenReady(["nats://127.0.0.1:1", "test", () => undefined], { ...patience, seconds: 0 });
    await expect(inVain).rejects.toThrow(/no NATS server answers/);
    expect(reasons).toHaveLength(1);
    await gate.close();
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
