import { readFile } from "node:fs/promises";
import { connect, createInbox, credsAuthenticator, ErrorCode, Events, NatsError, nkeyAuthenticator } from "nats";
import type { ServiceEnvironment } from "../runtime/config.ts";
import { EXIT, messageOf, OperatorError } from "../runtime/errors.ts";
import { redact } from "../runtime/redact.ts";
import { type Patience, whenReady } from "../runtime/when-ready.ts";

/** Files that the connection needs. */
type BusFiles = Pick<ServiceEnvironment, "NATS_NKEY" | "NATS_CREDS" | "NATS_CA" | "NATS_CERT" | "NATS_KEY">;

/** As whom a process connects. */
export interface BusIdentity extends BusFiles {
  /** Subjects of the replies to this process begin with it; left out: the client library's own. */
  readonly inboxPrefix?: string;
  /** Called with each request, message or subscription that the server refuses to this user. */
  readonly onRefused?: (operation: string, subject: string) => void;
}

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
  identity: BusIdentity = {},
) => {
  const servers = urls.split(",").map((url) => new URL(url));
  const { username = "", password = "", protocol = "" } = servers[0] ?? {};
  const address = `NATS_URL=${redact(urls)}`;
  const { NATS_NKEY: nkey, NATS_CREDS: credentials } = identity;
  const { NATS_CA: caFile, NATS_CERT: certFile, NATS_KEY: keyFile } = identity;
  const tls = { caFile, certFile, keyFile };
  const unavailable = (problem: string, cause?: unknown) =>
    new OperatorError(`${address}: ${problem}`, EXIT.unavailable, { cause });
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
    ...(nkey === undefined ? {} : { authenticator: nkeyAuthenticator(await readSeed(nkey)) }),
    ...(identity.inboxPrefix === undefined ? {} : { inboxPrefix: identity.inboxPrefix }),
    ...(isTls ? { tls: Object.fromEntries(Object.entries(tls).filter(([, file]) => file !== undefined)) } : {}),
    name,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 500,
    reconnectJitter: 500,
    pingInterval: 10_000,
    maxPingOut: 3,
    timeout: 10_000,
  }).catch((error: unknown) => {
    if (error instanceof NatsError && error.code === ErrorCode.AuthorizationViolation)
      throw unavailable(
        "the server there does not let this user in. Check NATS_NKEY, or the address's password.",
        error,
      );
    throw unavailable(
      isTls
        ? `no TLS connection to a NATS server there (${messageOf(error)}). Check its certificate's names, and NATS_CA.`
        : `no NATS server answers there (${messageOf(error)}). Start one with: nats-server -js`,
      error,
    );
  });
  const version = connection.info?.version;
  if (version === undefined || compareVersions(version, NATS_FLOOR) < 0) {
    await connection.close();
    throw unavailable(
      `nats-server ${version ?? "of an unknown version"} is too old, ${NATS_FLOOR} or newer is needed. Upgrade it.`,
    );
  }
  const jsm = await connection.jetstreamManager().catch(async (error: unknown) => {
    await connection.close();
    throw unavailable(`JetStream is off there (${messageOf(error)}). Start the server with: nats-server -js`, error);
  });
  let isConnected = true;
  void (async () => {
    for await (const { type, permissionContext } of connection.status()) {
      if (type === Events.Disconnect) isConnected = false;
      if (type === Events.Reconnect) isConnected = true;
      if (permissionContext !== undefined) identity.onRefused?.(permissionContext.operation, permissionContext.subject);
    }
  })();
  void connection
    .closed()
    .then((error) => onClosed(error instanceof Error ? error : new Error("NATS connection closed")));
  return {
    /** This process, as others see it: `lookalike-<service>-<host>-<pid>`. */
    name,
    connection,
    jsm,
    js: connection.jetstream({ timeout: 5_000 }),
    /** A new subject for replies, which this process may subscribe to. */
    inbox: () => createInbox(identity.inboxPrefix),
    /** Whether the connection is open now. The client reconnects by itself. */
    isConnected: () => isConnected,
  };
};

/** @throws OperatorError naming the variable */
const readSeed = async (file: string): Promise<Uint8Array> => {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new OperatorError(`NATS_NKEY=${file}: the file can't be read (${messageOf(error)}).`, EXIT.config);
  });
  return Buffer.from(text.trim(), "ascii");
};

/** Codes of nats.js and of Node for a server that does not answer; one that refuses has others. */
const AWAY: readonly unknown[] = [
  ErrorCode.ConnectionRefused,
  ErrorCode.ConnectionTimeout,
  ErrorCode.ConnectionClosed,
  ErrorCode.Disconnect,
  ErrorCode.Timeout,
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  // The name of a container that has not started yet.
  "ENOTFOUND",
  "EAI_AGAIN",
];

/** JetStream of a cluster that has no leader yet. */
const JETSTREAM_STARTS = 10_008;

/** Whether a later attempt to connect may succeed as it is. */
export const isNatsAway = (error: unknown): boolean => {
  if (!(error instanceof OperatorError) || !(error.cause instanceof Error)) return false;
  const { code, api_error: problem } = error.cause as Partial<NatsError>;
  return AWAY.includes(code) || problem?.err_code === JETSTREAM_STARTS;
};

/** Connects as soon as a server answers. @throws OperatorError as `connectBus` */
export const connectBusWhenReady = (connecting: Parameters<typeof connectBus>, patience: Patience): Promise<Bus> =>
  whenReady(() => connectBus(...connecting), isNatsAway, patience);

/** An open connection to NATS with JetStream. Only `bus/` knows the client library behind it. */
export type Bus = Awaited<ReturnType<typeof connectBus>>;

/** A negative number, 0 or a positive one where version `a` is older than, equal to or newer than `b`. */
export const compareVersions = (a: string, b: string): number => {
  const parts = (version: string) => version.split(/[.-]/).slice(0, 3).map(Number);
  const other = parts(b);
  // 2.9 is 2.9.0.
  const differences = parts(a).map((part, index) => part - (other[index] ?? 0));
  return differences.find((difference) => difference !== 0) ?? 0;
};
