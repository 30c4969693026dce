import { createHmac } from "node:crypto";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { messageOf } from "@lookalike/shared/runtime/errors";
import type { Logger } from "@lookalike/shared/runtime/log";
import { type Loop, startLoop } from "@lookalike/shared/runtime/loop";
import { webhookAttempts } from "@lookalike/shared/runtime/metrics";
import { claimDue, type DeliveryRow, settleDelivery } from "@lookalike/shared/store/access/webhooks";
import type { Db } from "@lookalike/shared/store/open";
import { outsideLookup, urlRefusal } from "./addresses.ts";

interface DeliveryOptions {
  /** Seconds before each further attempt; after the last, the delivery is given up. */
  readonly retrySeconds: readonly number[];
  readonly allowsInside: boolean;
}

const DELIVERIES_AT_ONCE = 10;
const TIMEOUT_MS = 15_000;
const POLL_MS = 1_000;

/** Headers of Standard Webhooks: the signature covers id, time and body. @see https://www.standardwebhooks.com */
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

type Due = DeliveryRow & { readonly url: string; readonly secret: string };

/** Tells one address, once. Redirects are not followed. @returns the status it answered */
const send = ({ id, url, secret, payload }: Due, allowsInside: boolean): Promise<number> =>
  new Promise((resolve, reject) => {
    const refusal = urlRefusal(url, allowsInside);
    if (refusal !== null) {
      reject(new Error(refusal));
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
      resolve(response.statusCode ?? 0);
    });
    request.end(payload);
  });

/** Delivers what is due, again and again, until stopped. */
export const startDeliveries = (db: Db, log: Logger, { retrySeconds, allowsInside }: DeliveryOptions): Loop => {
  const deliver = async (due: Due): Promise<void> => {
    const result = await send(due, allowsInside).then(
      (status) => ({ isDelivered: status >= 200 && status < 300, outcome: `answered ${status}` }),
      (error: unknown) => ({ isDelivered: false, outcome: messageOf(error).slice(0, 200) }),
    );
    // Gone means: do not come back (Standard Webhooks).
    const isLast = result.isDelivered || result.outcome === "answered 410";
    const next = isLast ? null : (retrySeconds[due.attempts - 1] ?? null);
    webhookAttempts.inc({ outcome: result.isDelivered ? "delivered" : next === null ? "given_up" : "failed" });
    await settleDelivery(db, due.id, { ...result, retrySeconds: next });
    log[result.isDelivered ? "info" : "warn"]({ delivery: due.id, attempt: due.attempts, ...result }, "webhook");
  };
  const round = async (): Promise<void> => {
    const due = await claimDue(db, DELIVERIES_AT_ONCE, (2 * TIMEOUT_MS) / 1_000);
    await Promise.all(due.map(deliver));
  };
  return startLoop(POLL_MS, round, (error) => log.error({ err: messageOf(error) }, "webhooks"));
};
