import { z } from "zod";
import { oneLine } from "../domain/primitives/text.ts";
import type { Logger } from "../runtime/log.ts";
import { unreadableMessages } from "../runtime/metrics.ts";
import type { Bus } from "./connect.ts";
import type { Delivery } from "./delivery.ts";
import { publish } from "./publish.ts";
import { STREAMS } from "./topology.ts";

/** The content of a message fits no schema of this version: another delivery of it would change nothing. */
export class UnreadableError extends Error {
  override readonly name = "UnreadableError";
}

const MAX_REASON_CHARACTERS = 500;

/** A message's content by its schema. @throws UnreadableError where it does not fit */
export const readBody = <Schema extends z.ZodType>(schema: Schema, body: unknown): z.infer<Schema> => {
  const { data, error } = schema.safeParse(body);
  if (error === undefined) return data;
  throw new UnreadableError(body === undefined ? "it is not JSON" : z.prettifyError(error));
};

/** A dead letter about a message that is set aside. It names the message, whose content may be larger than a letter. */
export const ParkedMessage = z.object({
  v: z.literal(1),
  parked: z.object({ stream: z.string(), sequence: z.int().min(1), subject: z.string() }),
  reason: z.string(),
  at: z.iso.datetime(),
});
export type ParkedMessage = z.infer<typeof ParkedMessage>;

type Parked = Pick<Delivery, "stream" | "sequence" | "subject" | "id">;

/**
 * Sets aside a message that nobody can handle, so that the next ones are handled: a dead letter has its address
 * and the reason. It resolves when the letter is stored; the message may be acknowledged then.
 */
export const park = async (bus: Bus, { stream, sequence, subject, id }: Parked, why: string, log: Logger) => {
  const reason = oneLine(why, MAX_REASON_CHARACTERS);
  unreadableMessages.inc({ channel: stream });
  log.error({ stream, sequence, subject, reason }, "message parked");
  const letter: ParkedMessage = {
    v: 1,
    parked: { stream, sequence, subject },
    reason,
    at: new Date().toISOString(),
  };
  await publish(bus, {
    eventId: `parked:${id}`,
    stream: STREAMS.deadLetters,
    subject: `lookalike.dead.parked.${stream}`,
    body: letter,
  });
};
