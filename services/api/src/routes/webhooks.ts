import { deleteWebhook, insertWebhook, listDeliveries, listWebhooks } from "@lookalike/shared/store/access/webhooks";
import type { Db } from "@lookalike/shared/store/open";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { HttpProblem, notFound } from "../http/problems.ts";
import { deliveryResource, NewWebhook, Webhook, WebhookDelivery, webhookResource } from "../resources/webhook.ts";
import { urlRefusal } from "../webhooks/addresses.ts";

const DELIVERIES_LISTED = 100;

export const webhookRoutes =
  (db: Db, allowsInside: boolean): FastifyPluginAsyncZod =>
  async (app) => {
    const Params = z.object({ webhook: z.string() });
    const config = { scope: "admin" } as const;

    app.post(
      "/webhooks",
      {
        config,
        schema: {
          summary: "Be told when a job is over: job.finalized, job.failed. The secret is shown this once",
          description: "Signed as Standard Webhooks says: webhook-id, webhook-timestamp, webhook-signature.",
          body: NewWebhook,
          response: { 201: Webhook.extend({ secret: z.string() }) },
        },
      },
      async ({ access, body: { url } }, reply) => {
        const refusal = urlRefusal(url, allowsInside);
        if (refusal !== null)
          throw new HttpProblem(
            400,
            "address-refused",
            `${JSON.stringify(url)}: ${refusal}. LOOKALIKE_WEBHOOKS_INSIDE=true allows private networks.`.toWellFormed(),
          );
        const row = await insertWebhook(db, access.tenant, url);
        return reply
          .code(201)
          .header("cache-control", "no-store")
          .send({ ...webhookResource(row), secret: row.secret });
      },
    );

    app.get(
      "/webhooks",
      {
        config,
        schema: {
          summary: "The tenant's webhooks",
          response: { 200: z.object({ items: z.array(Webhook) }) },
        },
      },
      async ({ access }) => ({ items: (await listWebhooks(db, access.tenant)).map(webhookResource) }),
    );

    app.delete(
      "/webhooks/:webhook",
      {
        config,
        schema: {
          summary: "Tell it no more",
          params: Params,
          response: { 204: z.void() },
        },
      },
      async ({ access, params }, reply) => {
        if (!(await deleteWebhook(db, access.tenant, params.webhook))) throw notFound("webhook", params.webhook);
        return reply.code(204).send();
      },
    );

    app.get(
      "/webhooks/:webhook/deliveries",
      {
        config,
        schema: {
          summary: "What it was told, newest first, and how that went",
          params: Params,
          response: { 200: z.object({ items: z.array(WebhookDelivery) }) },
        },
      },
      async ({ access, params }) => {
        const rows = await listDeliveries(db, access.tenant, params.webhook, DELIVERIES_LISTED);
        if (rows === null) throw notFound("webhook", params.webhook);
        return { items: rows.map(deliveryResource) };
      },
    );
  };
