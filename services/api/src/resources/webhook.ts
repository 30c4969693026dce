import type { DeliveryRow } from "@lookalike/shared/store/access/webhooks";
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

/** A delivery as clients see it. */
export const deliveryResource = ({ payload, ...row }: DeliveryRow) => ({
  ...row,
  payload: WebhookDelivery.shape.payload.parse(JSON.parse(payload)),
});
