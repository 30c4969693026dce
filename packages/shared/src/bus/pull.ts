import { type JsMsg, type Msg, NatsError, nanos } from "nats";
// The library gives its messages to subscriptions of its own only.
import { toJsMsg } from "nats/lib/jetstream/jsmsg.js";
import type { Bus } from "./connect.ts";

/** A pull that the server has not ended so long after its time was lost with its connection. */
const GRACE_MS = 1_000;
const REQUEST_TIMEOUT = 408;

interface PullOptions {
  readonly stream: string;
  readonly durable: string;
  /** How long the server keeps a pull that it can't fill. */
  readonly expiresMs: number;
  readonly receive: (message: JsMsg) => void;
}

/**
 * Pulls messages of a consumer, all by one subscription, so that a message is received whenever it arrives. `fetch()` of
 * nats.js 2 has a subscription for each pull, and ends it by its own clock: what arrives while a busy process is late waits
 * for its redelivery, which costs one of its deliveries, too.
 */
export const openPull = (
  { connection, inbox: newInbox }: Bus,
  { stream, durable, expiresMs, receive }: PullOptions,
) => {
  const inbox = newInbox();
  let number = 0;
  let current: { readonly reply: string; left: number; readonly end: (error?: NatsError) => void } | null = null;
  /** What the server says about a pull: it expired, or its consumer was deleted. */
  const endByStatus = ({ subject, headers }: Msg): void => {
    if (current === null || current.reply !== subject || headers === undefined) return;
    const { code, description } = headers;
    current.end(code === REQUEST_TIMEOUT ? undefined : new NatsError(description || "no responders", String(code)));
  };
  const subscription = connection.subscribe(`${inbox}.*`, {
    callback: (error, message) => {
      if (error !== null) {
        current?.end(error);
        return;
      }
      if (message.subject.startsWith(inbox)) {
        endByStatus(message);
        return;
      }
      receive(toJsMsg(message));
      if (current === null) return;
      current.left -= 1;
      if (current.left === 0) current.end();
    },
  });
  return {
    /**
     * Requests up to `batch` messages, and resolves when they have arrived or the pull has ended.
     * @throws NatsError where the consumer is deleted meanwhile
     */
    pull: (batch: number): Promise<void> =>
      new Promise((resolve, reject) => {
        number += 1;
        const reply = `${inbox}.${number}`;
        const timer = setTimeout(() => end(), expiresMs + GRACE_MS);
        const end = (error?: NatsError): void => {
          clearTimeout(timer);
          current = null;
          if (error === undefined) resolve();
          else reject(error);
        };
        current = { reply, left: batch, end };
        const request = JSON.stringify({ batch, expires: nanos(expiresMs) });
        connection.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${durable}`, request, { reply });
      }),
    close: (): void => subscription.unsubscribe(),
  };
};
