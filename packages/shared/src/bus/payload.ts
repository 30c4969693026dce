import type { z } from "zod";
import type { Logger } from "../runtime/log.ts";
import { unreadableMessages } from "../runtime/metrics.ts";

/** A payload's JSON; undefined where it is none, so that the schema of its reader refuses it. */
export const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** What kind of message is read: the label of its metric. */
type Channel = "advisory" | "progress" | "task";

/**
 * A message's content by its schema, or null where it does not fit. That is counted and logged, not
 * thrown: nats.js does not guard its callbacks, so one bad payload would end the process.
 */
export const readPayload = <Schema extends z.ZodType>(
  schema: Schema,
  content: unknown,
  channel: Channel,
  log: Logger,
): z.infer<Schema> | null => {
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  unreadableMessages.inc({ channel });
  log.error({ channel, problem: parsed.error.message }, "message cannot be read");
  return null;
};
