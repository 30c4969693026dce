import { decodeEvent, type JobEvent, type Message } from "@lookalike/shared/domain/job/events";
import type { StreamName, World } from "./world.ts";

/** Messages and events by their ids: building them checks every field, and worlds share them. */
const built = new Map<string, Message>();
/** The message of this id, built at its first use. */
export const once = (id: string, build: () => Message): Message => {
  const known = built.get(id);
  if (known !== undefined) return known;
  const message = build();
  built.set(id, message);
  return message;
};
const decoded = new WeakMap<Message, JobEvent>();
export const eventOf = (message: Message): JobEvent => {
  const known = decoded.get(message);
  if (known !== undefined) return known;
  const event = decodeEvent(message.body);
  if (event === null) throw new Error(`${message.eventId} is no event`);
  decoded.set(message, event);
  return event;
};

export const addToOutbox = (world: World, message: Message): World =>
  world.outbox.some((row) => row.message.eventId === message.eventId)
    ? world
    : { ...world, outbox: [...world.outbox, { message, isPublished: false, isApplied: false }] };

/** Stores a message in a stream; nothing where the server knows its id. */
export const store = (world: World, name: StreamName, message: Message): World => {
  const stream = world.streams[name];
  if (world.deduplicates && stream.some((stored) => stored.message.eventId === message.eventId)) return world;
  // The subject is write-once, whatever the id: its relay leaves another message there.
  if (name === "finalize" && stream.some((stored) => stored.message.subject === message.subject)) return world;
  return withStream(world, name, [...stream, { message, isHandled: false }]);
};

export const withStream = (world: World, name: StreamName, stream: World["streams"][StreamName]): World => ({
  ...world,
  streams: { ...world.streams, [name]: stream },
});

export const acknowledge = (world: World, name: StreamName, message: Message): World =>
  withStream(
    world,
    name,
    world.streams[name].map((stored) => (stored.message === message ? { ...stored, isHandled: true } : stored)),
  );

export const hasUnhandled = (world: World, name: StreamName, subject?: string): boolean =>
  world.streams[name].some(
    ({ message, isHandled }) => !isHandled && (subject === undefined || message.subject === subject),
  );

export const streamOf = ({ stream }: Message): StreamName =>
  stream === "LOOKALIKE_TASKS"
    ? "tasks"
    : stream === "LOOKALIKE_EVENTS"
      ? "events"
      : stream === "LOOKALIKE_FINALIZE"
        ? "finalize"
        : "deadLetters";
