import { readFile } from "node:fs/promises";
import {
  connect,
  credsAuthenticator,
  Events,
  type JetStreamClient,
  type JetStreamManager,
  type NatsConnection,
} from "nats";
import type { ServiceEnvironment } from "../runtime/config.ts";
import { EXIT, messageOf, OperatorError } from "../runtime/errors.ts";

/** An open connection to NATS with JetStream. Only `bus/` knows the client library behind it. */
export interface Bus {
  /** This process, as others see it: `lookalike-<service>-<host>-<pid>`. */
  readonly name: string;
  readonly connection: NatsConnection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  /** Whether the connection is open now. The client reconnects by itself. */
  isConnected(): boolean;
}

/** Files that the connection needs. */
export type BusFiles = Pick<ServiceEnvironment, "NATS_CREDS" | "NATS_CA" | "NATS_CERT" | "NATS_KEY">;

/** The version in Debian 12, and the oldest that the tests run on. */
export const NATS_FLOOR = "2.9.10";

/**
 * Connects with endless reconnects. If the connection closes all the same, the process must end
 * (`onClosed`), because its consumers would wait for ever without an error (nats.js v2).
 * @throws OperatorError when no server answers, it is too old, or JetStream is off
 */
export const connectBus = async (
  urls: string,
  name: string,
  onClosed: (error: Error) => void,
  files: BusFiles = {},
): Promise<Bus> => {
  const servers = urls.split(",").map((url) => new URL(url));
  const { username = "", password = "", protocol = "" } = servers[0] ?? {};
  const address = `NATS_URL=${urls.replace(/\/\/[^@,]*@/, "//***@")}`;
  const { NATS_CREDS: credentials, NATS_CA: caFile, NATS_CERT: certFile, NATS_KEY: keyFile } = files;
  const tls = { caFile, certFile, keyFile };
  const isTls = protocol === "tls:" || Object.values(tls).some((file) => file !== undefined);
  const connection = await connect({
    servers: servers.map(({ host }) => host),
    // As in the nats CLI, the address has the credentials: user:password@, or a token alone.
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
  const version = connection.info?.version;
  if (version === undefined || compareVersions(version, NATS_FLOOR) < 0) {
    await connection.close();
    throw new OperatorError(
      `${address}: nats-server ${version ?? "of an unknown version"} is too old, ${NATS_FLOOR} or newer is needed. Upgrade it.`,
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

/** A negative number, 0 or a positive one where version `a` is older than, equal to or newer than `b`. */
export const compareVersions = (a: string, b: string): number => {
  const parts = (version: string) => version.split(/[.-]/).slice(0, 3).map(Number);
  const other = parts(b);
  // 2.9 is 2.9.0.
  const differences = parts(a).map((part, index) => part - (other[index] ?? 0));
  return differences.find((difference) => difference !== 0) ?? 0;
};
