import { customType, timestamp } from "drizzle-orm/pg-core";
import type { z } from "zod";

export const bytea = customType<{ data: Uint8Array; driverData: Buffer }>({
  dataType: () => "bytea",
  toDriver: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  fromDriver: (buffer) => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength),
});

/** JSON that is parsed when it is read: fields that are newer than the row get their defaults. */
export const parsedJson = <Schema extends z.ZodType>(schema: Schema) =>
  customType<{ data: z.infer<Schema>; driverData: unknown }>({
    dataType: () => "jsonb",
    toDriver: (value) => JSON.stringify(value),
    fromDriver: (stored) => schema.parse(stored),
  });

/** A point in time as ISO text, to the millisecond. */
export const time = (name: string) => timestamp(name, { withTimezone: true, mode: "string", precision: 3 });
