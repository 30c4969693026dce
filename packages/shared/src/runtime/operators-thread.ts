// The entry point of a thread that serves /metrics, /healthz and /readyz: see operators-port.ts.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { messageOf } from "./errors.ts";
import { type ConnectionLimits, limitConnections } from "./limit-connections.ts";
import type { Answer, Listening, Question } from "./operators-port.ts";

/** A request has no body and few headers, so it arrives at once. */
const ARRIVAL = { headersTimeout: 10_000, requestTimeout: 10_000, connectionsCheckingInterval: 5_000 };
const CONNECTIONS: ConnectionLimits = { maxConnections: 256, slowReader: { bytes: 4_096, seconds: 30 } };
/** A check of readiness does not wait longer than this for the service: it is answered with the last state. */
const PATIENCE_MS = 80;
/** A service that has not answered the thread for so long is not ready, and after so much longer it is dead. */
const LATE_MS = 10_000;
const DEAD_MS = 60_000;

const { host, port, contentType } = workerData as {
  readonly host: string;
  readonly port: number;
  readonly contentType: string;
};
const service = parentPort;
if (service === null) throw new Error("this is the entry point of a thread");

type Value = Answer["value"];
interface Pending {
  readonly at: number;
  readonly answer: Promise<Value>;
  readonly resolve: (value: Value) => void;
}
/** Questions that have no answer yet: one of each kind at a time. */
const pending = new Map<Question["about"], Pending & { readonly id: number }>();
let ids = 0;
let lastState: Value | null = null;

const request = (about: Question["about"]): Pending => {
  const known = pending.get(about);
  if (known !== undefined) return known;
  let resolve: (value: Value) => void = () => undefined;
  const answer = new Promise<Value>((answered) => {
    resolve = answered;
  });
  ids += 1;
  const question = { id: ids, at: performance.now(), answer, resolve };
  pending.set(about, question);
  service.postMessage({ id: ids, about } satisfies Question);
  return question;
};
service.on("message", ({ id, value }: Answer) => {
  for (const [about, question] of pending) {
    if (question.id !== id) continue;
    pending.delete(about);
    if (about === "state") lastState = value;
    question.resolve(value);
  }
});

const unansweredMs = ({ at }: Pending): number => performance.now() - at;
const after = <Result>(ms: number, value: () => Result): Promise<Result> =>
  new Promise((resolve) => setTimeout(() => resolve(value()), ms));

type Response = readonly [status: number, type: string, body: string];
const json = (isGood: boolean, body: object): Response => [
  isGood ? 200 : 503,
  "application/json",
  JSON.stringify(body),
];

const health = (): Response => {
  const isAlive = unansweredMs(request("life")) < DEAD_MS;
  return json(isAlive, { status: isAlive ? "ok" : "the service does nothing" });
};
const readiness = async (): Promise<Response> => {
  const question = request("state");
  const state = await Promise.race([question.answer, after(PATIENCE_MS, () => lastState)]);
  const isLate = pending.get("state") === question && unansweredMs(question) > LATE_MS;
  if (isLate || state === null || typeof state === "string") return json(false, { service: false });
  return json(
    Object.values(state).every((isGood) => isGood === true),
    state,
  );
};
const metrics = async (): Promise<Response> => {
  const value = await request("metrics").answer;
  return typeof value === "string" ? [200, contentType, value] : [500, "text/plain", `${JSON.stringify(value)}\n`];
};
const responseTo = (path: string | undefined): Response | Promise<Response> => {
  switch (path) {
    case "/healthz":
      return health();
    case "/readyz":
      return readiness();
    case "/metrics":
      return metrics();
    default:
      return [404, "text/plain", "There are /metrics, /healthz and /readyz.\n"];
  }
};

const server = createServer(ARRIVAL, async ({ url }, response) => {
  const [status, type, body] = await responseTo(url?.split("?")[0]);
  response.writeHead(status, { "content-type": type }).end(body);
});
limitConnections(server, CONNECTIONS);
try {
  server.listen(port, host);
  await once(server, "listening");
  const { port: actual } = server.address() as AddressInfo;
  service.postMessage({ address: `http://${host}:${actual}` } satisfies Listening);
} catch (error) {
  service.postMessage({ refused: messageOf(error) } satisfies Listening);
}
