import { setTimeout as sleep } from "node:timers/promises";
import { ensureTopology } from "@lookalike/shared/bus/topology";
import { SERVICE_NAMES, type ServiceName } from "@lookalike/shared/runtime/config";
import type { Answer } from "../support/reviewed-catalog.ts";
import { connectTo, startServers, WITH_KEY } from "../support/servers.ts";
import { killService, type Service, startServiceOn } from "../support/service.ts";
import { shortenWaits, TOPOLOGY_OF_OTHERS } from "../support/short-waits.ts";
import type { Kill } from "./operations.ts";

/** Servers and services that a test kills and starts again, and requests to them. */
export type Installation = Awaited<ReturnType<typeof startInstallation>>;

export const startInstallation = async () => {
  const servers = await startServers();
  await servers.postgres.migrate();
  const { bus, close } = await connectTo(servers.environment);
  await ensureTopology(bus, 1);
  await shortenWaits(bus);
  await close();
  const environment = {
    ...TOPOLOGY_OF_OTHERS,
    LOOKALIKE_LOST_AFTER_MS: "2000",
    LOOKALIKE_RECONCILE_INTERVAL_MS: "500",
    LOOKALIKE_REQUESTS_PER_MINUTE: "1000000",
  };
  const running = new Map<ServiceName, Service>();
  const start = async (names: readonly ServiceName[]): Promise<void> => {
    await Promise.all(names.map(async (name) => running.set(name, await startServiceOn(servers, name, environment))));
  };
  const kill = async (names: readonly ServiceName[]): Promise<void> => {
    const services = names.flatMap((name) => running.get(name) ?? []);
    await Promise.all(services.map(killService));
  };
  await start(SERVICE_NAMES);

  return {
    folder: servers.folder,
    /** kill -9 of services after a time, which are started again. */
    async killAfter({ victim, afterMs }: Kill): Promise<void> {
      const names = victim === "all" ? SERVICE_NAMES : [victim];
      await sleep(afterMs);
      await kill(names);
      await start(names);
    },
    async call(method: string, path: string, body?: object): Promise<Answer> {
      const response = await fetch(`${running.get("api")?.address}/v1${path}`, {
        method,
        headers: { ...WITH_KEY, ...(body === undefined ? {} : { "content-type": "application/json" }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, json: text === "" ? null : JSON.parse(text) };
    },
    async stop(): Promise<void> {
      await kill(SERVICE_NAMES);
      await servers.stop();
    },
  };
};
