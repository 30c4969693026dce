import { createHmac } from "node:crypto";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { messageOf } from "@lookalike/shared/runtime/errors";
import { FairTurns, type Turner } from "@lookalike/shared/runtime/fair-turns";
import type { Logger } from "@lookalike/shared/runtime/log";
import { startLoop } from "@lookalike/shared/runtime/loop";
import { webhookAttempts } from "@lookalike/shared/runtime/metrics";
import type { SealingKeys } from "@lookalike/shared/store/access/seal";
import {
  claimDueDelivery,
  type DeliveryRow,
  settleDelivery,
  webhooksWithDue,
} from "@lookalike/shared/store/access/webhooks";
import type { Db } from "@lookalike/shared/store/open";
import { outsideLookup, urlRefusal } from "./addresses.ts";

/** Deliveries at once: those of a tenant whose receivers are slow leave the others room. */
const TURNS = { turns: 64, turnsPerTenant: 8, turnsForSmall: 0 };
/** Of these, of one webhook: a slow receiver leaves its tenant's others room. */
const TURNS_PER_WEBHOOK = 4;
const TIMEOUT_MS = 15_000;
const POLL_MS = 1_000;

/** The headers of Standard Webhooks, whose signature covers id, time and body. @see https://www.standardwebhooks.com */
const signedHeaders = (id: string, secret: string, payload: string, seconds: number) => {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const signature = createHmac("sha256", key).update(`${id}.${seconds}.${payload}`).digest("base64");
  return {
    "webhook-id": id,
    "webhook-timestamp": String(seconds),
    "webhook-signature": `v1,${signature}`,
    "content-type": "application/json",
  };
};

type Due = DeliveryRow & { readonly url: string; readonly secret: string | null };

interface DeliveryOptions {
  /** Seconds before each further attempt; there is none after the last one. */
  readonly retrySeconds: readonly number[];
  readonly allowsInside: boolean;
  readonly sealingKeys: SealingKeys;
}

/** Sends a delivery once, and follows no redirect. @returns the response's status */
const send = ({ id, url, secret, payload }: Due, allowsInside: boolean): Promise<number> =>
  new Promise((resolve, reject) => {
    const refusal = urlRefusal(url, allowsInside);
    if (refusal !== null || secret === null) {
      reject(new Error(refusal ?? "LOOKALIKE_SEALING_KEY does not open the webhook's secret"));
      return;
    }
    const request = (url.startsWith("https:") ? requestHttps : requestHttp)(url, {
      method: "POST",
      headers: signedHeaders(id, secret, payload, Math.floor(Date.now() / 1_000)),
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(allowsInside ? {} : { lookup: outsideLookup }),
    });
    request.once("error", reject);
    request.once("response", (response) => {
      response.resume();
      if (response.statusCode === undefined) reject(new Error("the response has no status"));
      else resolve(response.statusCode);
    });
    request.end(payload);
  });

/** Sends due deliveries until it is stopped, in fair turns: first of tenants, then of a tenant's webhooks. */
export const startDeliveries = (
  db: Db,
  log: Logger,
  { retrySeconds, allowsInside, sealingKeys }: DeliveryOptions,
): { stop(): Promise<void> } => {
  const turns = new FairTurns(TURNS);
  /** Webhooks whose deliveries are sent now, with what sends them. */
  const sending = new Map<string, { readonly turner: Turner; readonly senders: Set<Promise<void>> }>();
  let stopping = false;

  const deliver = async (due: Due): Promise<void> => {
    const result = await send(due, allowsInside).then(
      (status) => ({ isDelivered: status >= 200 && status < 300, outcome: `answered ${status}` }),
      (error: unknown) => ({ isDelivered: false, outcome: messageOf(error).slice(0, 200) }),
    );
    // By Standard Webhooks, 410 Gone asks the sender to stop.
    const isLast = result.isDelivered || result.outcome === "answered 410";
    const next = isLast ? null : (retrySeconds[due.attempts - 1] ?? null);
    const failure = next === null ? "given_up" : "failed";
    webhookAttempts.inc({ outcome: result.isDelivered ? "delivered" : failure });
    await settleDelivery(db, due.id, { ...result, retrySeconds: next });
    log[result.isDelivered ? "info" : "warn"]({ delivery: due.id, attempt: due.attempts, ...result }, "webhook");
  };
  /** A delivery is claimed in its turn, since it would be due again while it waits for one. @returns whether one was due */
  const deliverOne = async (webhook: string): Promise<boolean> => {
    if (stopping) return false;
    const due = await claimDueDelivery(db, sealingKeys, webhook, (2 * TIMEOUT_MS) / 1_000);
    if (due !== null) await deliver(due);
    return due !== null;
  };
  const reportError = (error: unknown): void => log.error({ err: messageOf(error) }, "webhooks");
  const sendAll = async (webhook: string, turner: Turner): Promise<void> => {
    const takeTurn = (): Promise<boolean> => {
      // Of a tenant's webhooks, the one with the fewest deliveries is next.
      turner.size += 1;
      return deliverOne(webhook);
    };
    while (await turns.run(turner, takeTurn));
  };
  const round = async (): Promise<void> => {
    for (const { id, tenant } of await webhooksWithDue(db)) {
      const { turner, senders } = sending.get(id) ?? {
        turner: { tenant, began: Date.now(), size: 0 },
        senders: new Set(),
      };
      if (senders.size >= TURNS_PER_WEBHOOK) continue;
      const sender = sendAll(id, turner)
        .catch(reportError)
        .finally(() => {
          senders.delete(sender);
          if (senders.size === 0) sending.delete(id);
        });
      sending.set(id, { turner, senders: senders.add(sender) });
    }
  };
  const loop = startLoop(POLL_MS, round, reportError);
  return {
    async stop() {
      stopping = true;
      await loop.stop();
      await Promise.all([...sending.values()].flatMap(({ senders }) => [...senders]));
    },
  };
};
