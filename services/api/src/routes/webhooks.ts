import type { SealingKeys } from "@lookalike/shared/store/access/seal";
import { deleteWebhook, insertWebhook, listDeliveries, listWebhooks } from "@lookalike/shared/store/access/webhooks";
import { z } from "zod";
import { operation, type Version1 } from "../http/operation.ts";
import { listOf } from "../http/page.ts";
import { conflict, found, HttpProblem, notFound } from "../http/problems.ts";
import { WEBHOOKS_PER_TENANT } from "../limits/limits.ts";
import { deliveryResource, NewWebhook, Webhook, WebhookDelivery } from "../resources/webhook.ts";
import { urlRefusal } from "../webhooks/addresses.ts";

const DELIVERIES_LISTED = 100;

export const webhookRoutes = (app: Version1, allowsInside: boolean, [sealingKey]: SealingKeys): void => {
  const Params = z.object({ webhook: z.string() });
  const config = { scope: "admin" } as const;

  app.post(
    "/webhooks",
    operation(
      "Create a webhook, called when a job is over: job.finalized, job.failed. Its secret is shown only once",
      { 201: Webhook.extend({ secret: z.string() }) },
      {
        description: "Signed as Standard Webhooks says: webhook-id, webhook-timestamp, webhook-signature.",
        body: NewWebhook,
        config,
      },
    ),
    async ({ access, db, body: { url } }, reply) => {
      const refusal = urlRefusal(url, allowsInside);
      if (refusal !== null)
        throw new HttpProblem(
          400,
          "address-refused",
          `${JSON.stringify(url)}: ${refusal}. LOOKALIKE_WEBHOOKS_INSIDE=true allows private networks.`.toWellFormed(),
        );
      if (sealingKey === undefined)
        throw conflict(
          "no-sealing-key",
          "Set LOOKALIKE_SEALING_KEY: a webhook's secret is stored only sealed with it.",
        );
      if ((await listWebhooks(db, access.tenant)).length >= WEBHOOKS_PER_TENANT)
        throw conflict(
          "too-many-webhooks",
          `You have ${WEBHOOKS_PER_TENANT} webhooks, and may have no more. Delete one.`,
        );
      reply.code(201).header("cache-control", "no-store");
      return insertWebhook(db, sealingKey, access.tenant, url);
    },
  );

  app.get(
    "/webhooks",
    operation("The tenant's webhooks", { 200: listOf(Webhook) }, { config }),
    async ({ access, db }) => ({ items: await listWebhooks(db, access.tenant) }),
  );

  app.delete(
    "/webhooks/:webhook",
    operation("Delete a webhook", { 204: z.void() }, { params: Params, config }),
    async ({ access, db, params }, reply) => {
      if (!(await deleteWebhook(db, access.tenant, params.webhook))) throw notFound("webhook", params.webhook);
      return reply.code(204).send();
    },
  );

  app.get(
    "/webhooks/:webhook/deliveries",
    operation(
      "List deliveries, newest first, with their outcomes",
      { 200: listOf(WebhookDelivery) },
      { params: Params, config },
    ),
    async ({ access, db, params }) => {
      const rows = await listDeliveries(db, access.tenant, params.webhook, DELIVERIES_LISTED);
      return { items: found(rows, "webhook", params.webhook).map(deliveryResource) };
    },
  );
};
