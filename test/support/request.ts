import type { Bus } from "@lookalike/shared/bus/connect";

/** The reply to an operator's request. */
export interface Reply {
  readonly code: number;
  readonly body: Record<string, unknown>;
}

/** Sends a request to a service's endpoint, as `nats request` does. */
export const requestEndpoint = async (
  bus: Bus,
  endpoint: string,
  request: unknown = {},
  timeout = 60_000,
): Promise<Reply> => {
  const reply = await bus.connection.request(`lookalike.svc.${endpoint}`, JSON.stringify(request), { timeout });
  return { code: Number(reply.headers?.get("Nats-Service-Error-Code") || 200), body: reply.json() };
};
