import type { EventOf, JobEventType } from "@lookalike/shared/domain/job/events";

/** Tells the log an event of the scan. @param part what tells it from others of its type */
export type Emit = <Type extends JobEventType>(type: Type, part: string, body: EventOf<Type>["body"]) => Promise<void>;
