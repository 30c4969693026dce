import { readFile } from "node:fs/promises";
import {
  connect,
  credsAuthenticator,
  Events,
  type JetStreamClient,
  type JetStreamManager,
  type NatsConnection,
} from "nats";
import { EXIT, messageOf, OperatorError } from "../runtime/errors.ts";

/** An open connection to NATS with JetStream. Only `bus/` knows the client library behind it. */
export interface Bus {
  /** This process, as others see it: `lookalike-<service>-<host>-<pid>`. */
  readonly name: string;
  readonly connection: NatsConnection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  /** Whether the connection stands now; the client mends it by itself. */
  isConnected(): boolean;
}

/** Files that the connection needs, named as the nats CLI names them. */
export interface BusFiles {
  readonly NATS_CREDS?: string | undefined;
  readonly NATS_CA?: string | undefined;
  readonly NATS_CERT?: string | undefined;
  readonly NATS_KEY?: string | undefined;
}

/** Debian 12 ships this version: the oldest that the tests run on. */
export const NATS_FLOOR = "2.9.10";

/**
 * Connects for good: the client reconnects for ever, so when the connection closes anyway the
 * process must end (`onClosed`), or its consumers would wait in silence (nats.js v2).
 * @throws OperatorError when no server answers, it is too old, or JetStream is off
 */
export const connectBus = async (
  urls: string,
  name: string,
  onClosed: (error: Error) => void,
  files: BusFiles = {},
): Promise<Bus> => {
  const servers = urls.split(",").map((one) => new URL(one));
  const { username = "", password = "", protocol = "" } = servers[0] ?? {};
  const address = `NATS_URL=${urls.replace(/\/\/[^@,]*@/, "//***@")}`;
  const { NATS_CREDS: credentials, NATS_CA: caFile, NATS_CERT: certFile, NATS_KEY: keyFile } = files;
  const tls = { caFile, certFile, keyFile };
  const isTls = protocol === "tls:" || Object.values(tls).some((file) => file !== undefined);
  const connection = await connect({
    servers: servers.map(({ host }) => host),
    // Credentials stand in the address, as with the nats CLI: user:password@, or a token alone.
    ...(password !== ""
      ? { user: decodeURIComponent(username), pass: decodeURIComponent(password) }
      : username !== ""
        ? { token: decodeURIComponent(username) }
        : {}),
    ...(credentials === undefined ? {} : { authenticator: credsAuthenticator(await readFile(credentials)) }),
    ...(isTls ? { tls: Object.fromEntries(Object.entries(tls).filter(([, file]) => file !== undefined)) } : {}),
    name,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 500,
    reconnectJitter: 500,
    pingInterval: 10_000,
    maxPingOut: 3,
    timeout: 10_000,
  }).catch((error: unknown) => {
    throw new OperatorError(
      isTls
        ? `${address}: no TLS connection to a NATS server there (${messageOf(error)}). Check its certificate's names, and NATS_CA.`
        : `${address}: no NATS server answers there (${messageOf(error)}). Start one with: nats-server -js`,
      EXIT.unavailable,
      { cause: error },
    );
  });
  const version = connection.info?.version ?? "0.0.0";
  if (compareVersions(version, NATS_FLOOR) < 0) {
    await connection.close();
    throw new OperatorError(
      `${address}: nats-server ${version} is too old, ${NATS_FLOOR} or newer is needed. Upgrade it.`,
      EXIT.unavailable,
    );
  }
  const jsm = await connection.jetstreamManager().catch(async (error: unknown) => {
    await connection.close();
    throw new OperatorError(
      `${address}: JetStream is off there (${messageOf(error)}). Start the server with: nats-server -js`,
      EXIT.unavailable,
      { cause: error },
    );
  });
  let isConnected = true;
  void (async () => {
    for await (const { type } of connection.status()) {
      if (type === Events.Disconnect) isConnected = false;
      if (type === Events.Reconnect) isConnected = true;
    }
  })();
  void connection
    .closed()
    .then((error) => onClosed(error instanceof Error ? error : new Error("NATS connection closed")));
  return { name, connection, jsm, js: connection.jetstream({ timeout: 5_000 }), isConnected: () => isConnected };
};

/** Below 0, 0 or above 0 as version `a` is older than, equal to or newer than `b`. */
export const compareVersions = (a: string, b: string): number => {
  const parts = (version: string) => version.split(/[.-]/).slice(0, 3).map(Number);
  const [left, right] = [parts(a), parts(b)];
  const differing = left.findIndex((part, at) => part !== right[at]);
  return differing === -1 ? 0 : (left[differing] ?? 0) - (right[differing] ?? 0);
};
