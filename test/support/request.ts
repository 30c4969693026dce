import type { Bus } from "@lookalike/shared/bus/connect";

/** What an operator's request was answered. */
export interface Answer {
  readonly code: number;
  readonly body: Record<string, unknown>;
}

/** Asks a service's endpoint as `nats request` does. */
export const ask = async (bus: Bus, endpoint: string, request: unknown = {}, timeout = 60_000): Promise<Answer> => {
  const reply = await bus.connection.request(`lookalike.svc.${endpoint}`, JSON.stringify(request), { timeout });
  return { code: Number(reply.headers?.get("Nats-Service-Error-Code") || 200), body: reply.json() };
};
