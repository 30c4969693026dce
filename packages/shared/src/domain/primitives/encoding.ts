import { z } from "zod";

export const toBase64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");

export const toHex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");

/** Bytes in JSON: base64 on the wire, a Uint8Array in the program. */
export const base64Bytes = z.codec(
  z.base64(),
  z.custom<Uint8Array>((value) => value instanceof Uint8Array),
  {
    decode: (text) => new Uint8Array(Buffer.from(text, "base64")),
    encode: toBase64,
  },
);

/** Date, time and offset; the offset has seconds where a time zone's oldest rule is local mean time. */
const TIMESTAMP = /^([\d-]+) ([\d:.]+)([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?$/;

/** A timestamp as PostgreSQL writes it, in ISO 8601. `Date` itself misreads the years below 100, and offsets with seconds. */
export const isoOf = (timestamp: string): string => {
  const parts = TIMESTAMP.exec(timestamp);
  if (parts === null) return new Date(timestamp).toISOString();
  const [, date, time, sign, hours, minutes = "0", seconds = "0"] = parts;
  const offsetMs = (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1_000;
  return new Date(Date.parse(`${date}T${time}Z`) + (sign === "-" ? offsetMs : -offsetMs)).toISOString();
};

/** A day from each end of the four-digit years: in every time zone, such a time still has a year of four digits. */
const FIRST_TIME_MS = Date.UTC(1000, 0, 2);
const LAST_TIME_MS = Date.UTC(9999, 11, 30);

/**
 * A time in ISO 8601; null where its year is not of four digits. File systems store times of the year 30828 and before our
 * era, which neither the events nor PostgreSQL can hold.
 * @param milliseconds since 1970
 */
export const isoOfMilliseconds = (milliseconds: number): string | null =>
  milliseconds >= FIRST_TIME_MS && milliseconds <= LAST_TIME_MS ? new Date(milliseconds).toISOString() : null;
