import { randomUUID } from "node:crypto";
import { jobEventId } from "../domain/job/event-id.ts";
import type { EventOf, JobEventType } from "../domain/job/events.ts";
import { encodeEvent, type Message } from "../domain/job/message.ts";
import { activeTraceparent } from "../runtime/tracing.ts";
import type { Bus } from "./connect.ts";
import { publish } from "./publish.ts";
import { STREAMS, subjects } from "./topology.ts";

interface Origin {
  readonly tenant: string;
  readonly job: string;
  readonly run: number;
  readonly attempt: number;
  readonly traceparent?: string | undefined;
}

/** An event as a message for the log. */
export const eventMessage = <Type extends JobEventType>(
  type: Type,
  origin: Origin,
  eventId: string,
  body: EventOf<Type>["body"],
): Message => ({
  eventId,
  stream: STREAMS.events,
  subject: subjects.event(type, origin),
  body: encodeEvent(
    type,
    { ...origin, traceparent: activeTraceparent() ?? origin.traceparent },
    eventId,
    new Date(),
    body,
  ),
});

const ASKED = { pause: "job-paused", resume: "job-resumed", cancel: "job-cancelled" } as const;
export type JobCommand = keyof typeof ASKED;
export const JOB_COMMANDS = ["pause", "resume", "cancel"] as const satisfies readonly JobCommand[];

/** What somebody asks of a job, as an event of its own each time. */
export const jobCommand = (
  verb: JobCommand,
  { id, tenant, run }: { id: string; tenant: string; run: number },
): Message => {
  const type = ASKED[verb];
  return eventMessage(type, { tenant, job: id, run, attempt: 0 }, jobEventId(id, type, randomUUID()), {});
};

/** Publishes an event straight to the log; whoever owns a transaction uses the outbox instead. */
export const publishEvent = async <Type extends JobEventType>(
  bus: Bus,
  type: Type,
  origin: Origin,
  eventId: string,
  body: EventOf<Type>["body"],
): Promise<void> => publish(bus, eventMessage(type, origin, eventId, body));
