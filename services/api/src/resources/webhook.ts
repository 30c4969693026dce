import { iso } from "@lookalike/shared/domain/primitives/encoding";
import type { DeliveryRow, WebhookRow } from "@lookalike/shared/store/access/webhooks";
import { z } from "zod";

export const NewWebhook = z.strictObject({ url: z.string().min(1).max(2_000) }).meta({ id: "NewWebhook" });

export const Webhook = z
  .object({ id: z.string(), url: z.string(), createdAt: z.iso.datetime() })
  .meta({ id: "Webhook" });

export const WebhookDelivery = z
  .object({
    id: z.string().meta({ description: "The webhook-id header of every attempt" }),
    payload: z.object({
      type: z.enum(["job.finalized", "job.failed"]),
      timestamp: z.string(),
      data: z.object({ job: z.string(), catalog: z.string(), state: z.string(), failure: z.string().nullable() }),
    }),
    attempts: z.int(),
    outcome: z.string().nullable().meta({ description: "How the last attempt ended" }),
    createdAt: z.iso.datetime(),
    deliveredAt: z.iso.datetime().nullable(),
    nextAttemptAt: z.iso.datetime().nullable().meta({ description: "null = over: delivered, or given up" }),
  })
  .meta({ id: "WebhookDelivery" });

/** A webhook as clients see it, without its secret. */
export const webhookResource = (row: WebhookRow): z.infer<typeof Webhook> =>
  Webhook.parse({ ...row, createdAt: iso(row.createdAt) });

/** A delivery as clients see it. */
export const deliveryResource = (row: DeliveryRow): z.infer<typeof WebhookDelivery> =>
  WebhookDelivery.parse({
    ...row,
    payload: JSON.parse(row.payload),
    createdAt: iso(row.createdAt),
    deliveredAt: iso(row.deliveredAt),
    nextAttemptAt: iso(row.nextAttemptAt),
  });
