import { z } from "zod";

/** The fields that every message about a job carries. */
export const Envelope = z.object({
  v: z.literal(1),
  eventId: z.string(),
  tenant: z.string().regex(/^[a-z0-9-]{1,32}$/),
  job: z.string().regex(/^[A-Za-z0-9-]{1,64}$/),
  run: z.int().min(1),
  attempt: z.int().min(0),
  at: z.iso.datetime(),
  /** W3C Trace Context: the span that caused the message. */
  traceparent: z.string().optional(),
});
