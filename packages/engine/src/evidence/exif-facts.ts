import { oneLine } from "@lookalike/shared/domain/primitives/text";
import { z } from "zod";
import { PrivateFact } from "./private-fact.ts";

/** Where a picture was taken: degrees north and east, and metres above the sea. */
export interface Place {
  readonly latitude: number;
  readonly longitude: number;
  readonly altitude: number | null;
}

/** What a picture's EXIF block says (CIPA DC-008, "Exif 2.32"); null = it says nothing. */
export interface ExifFacts {
  /** When it was taken, digitized and changed: in ISO form as written, with fractions of a second and the zone where they are written. */
  readonly taken: string | null;
  readonly digitized: string | null;
  readonly modified: string | null;
  /** The receiver's time, in UTC. */
  readonly gpsTime: string | null;
  readonly place: PrivateFact<Place> | null;
  /** 1..8. */
  readonly orientation: number | null;
  readonly camera: string | null;
  readonly lens: string | null;
  readonly cameraSerial: PrivateFact<string> | null;
  readonly lensSerial: PrivateFact<string> | null;
  readonly uniqueId: string | null;
  readonly software: string | null;
  /** Stars, 0..5; -1 = rejected. */
  readonly rating: number | null;
}

const TEXT_CHARACTERS = 64;

/** A field of another type than the standard's costs only itself. */
const text = z.string().nullable().catch(null).default(null);
const number = z.number().nullable().catch(null).default(null);

const Tags = z.object({
  DateTimeOriginal: text,
  CreateDate: text,
  ModifyDate: text,
  SubSecTimeOriginal: text,
  SubSecTimeDigitized: text,
  SubSecTime: text,
  OffsetTimeOriginal: text,
  OffsetTimeDigitized: text,
  OffsetTime: text,
  GPSDateStamp: text,
  GPSTimeStamp: z.array(z.number()).length(3).nullable().catch(null).default(null),
  latitude: number,
  longitude: number,
  GPSAltitude: number,
  GPSAltitudeRef: z
    .union([z.number(), z.instanceof(Uint8Array).transform((bytes) => bytes[0] ?? 0)])
    .catch(0)
    .default(0),
  Orientation: number,
  Make: text,
  Model: text,
  LensMake: text,
  LensModel: text,
  SerialNumber: text,
  LensSerialNumber: text,
  ImageUniqueID: text,
  Software: text,
  Rating: number,
});

/** exifr computes degrees of these. */
const PLACE_TAGS = ["GPSLatitude", "GPSLatitudeRef", "GPSLongitude", "GPSLongitudeRef"];
const PICK = [...Object.keys(Tags.shape), ...PLACE_TAGS];

/**
 * The facts of an EXIF block; all null where it is broken, which is no failure of the picture.
 * @param block with or without JPEG's header "Exif\0\0"
 */
export const exifFacts = async (block: Buffer): Promise<ExifFacts> => {
  const tiff = block.subarray(block.toString("latin1", 0, 4) === "Exif" ? 6 : 0);
  const { default: exifr } = await import("exifr");
  const found = await exifr
    .parse(tiff, { pick: PICK, reviveValues: false, translateValues: false, sanitize: false })
    .catch(() => undefined);
  const tags = Tags.parse(found ?? {});
  return {
    taken: timeOf(tags.DateTimeOriginal, tags.SubSecTimeOriginal, tags.OffsetTimeOriginal),
    digitized: timeOf(tags.CreateDate, tags.SubSecTimeDigitized, tags.OffsetTimeDigitized),
    modified: timeOf(tags.ModifyDate, tags.SubSecTime, tags.OffsetTime),
    gpsTime: gpsTimeOf(tags.GPSDateStamp, tags.GPSTimeStamp),
    place: placeOf(tags),
    orientation: within(tags.Orientation, 1, 8),
    camera: words(tags.Make, tags.Model),
    lens: words(tags.LensMake, tags.LensModel),
    cameraSerial: hidden(words(tags.SerialNumber)),
    lensSerial: hidden(words(tags.LensSerialNumber)),
    uniqueId: words(tags.ImageUniqueID),
    software: words(tags.Software),
    rating: within(tags.Rating, -1, 5),
  };
};

const words = (...parts: (string | null)[]): string | null => {
  const line = oneLine(parts.filter(Boolean).join(" ").replaceAll("\0", ""), TEXT_CHARACTERS).trim();
  return line === "" ? null : line;
};

const hidden = (value: string | null): PrivateFact<string> | null => (value === null ? null : new PrivateFact(value));

const within = (value: number | null, least: number, most: number): number | null =>
  value !== null && Number.isInteger(value) && value >= least && value <= most ? value : null;

/** EXIF writes "2024:05:01 12:00:00"; a camera without a clock writes zeros or spaces. */
const timeOf = (date: string | null, fraction: string | null, zone: string | null): string | null => {
  const written = /^(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)/.exec(date ?? "");
  if (written === null || written[1] === "0000") return null;
  const digits = /^\d{1,9}/.exec(fraction ?? "")?.[0];
  const offset = /^[+-]\d\d:\d\d/.exec(zone ?? "")?.[0];
  const [, year, month, day, clock] = written;
  return `${year}-${month}-${day}T${clock}${digits === undefined ? "" : `.${digits}`}${offset ?? ""}`;
};

const gpsTimeOf = (date: string | null, clock: readonly number[] | null): string | null => {
  const day = /^(\d{4}):(\d\d):(\d\d)/.exec(date ?? "");
  if (day === null || clock === null || clock.some((part) => !(part >= 0 && part < 100))) return null;
  const [hours, minutes, seconds] = clock.map((part) => Math.floor(part).toString().padStart(2, "0"));
  return `${day[1]}-${day[2]}-${day[3]}T${hours}:${minutes}:${seconds}Z`;
};

/** A receiver without a fix writes 0, 0, or what is on no map. */
const placeOf = ({ latitude, longitude, GPSAltitude, GPSAltitudeRef }: z.infer<typeof Tags>): ExifFacts["place"] => {
  if (latitude === null || longitude === null || (latitude === 0 && longitude === 0)) return null;
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) return null;
  const isBelowSea = GPSAltitudeRef === 1;
  const altitude = GPSAltitude !== null && Number.isFinite(GPSAltitude) ? GPSAltitude * (isBelowSea ? -1 : 1) : null;
  return new PrivateFact({ latitude, longitude, altitude });
};
