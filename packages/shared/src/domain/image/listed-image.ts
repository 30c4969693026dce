import { z } from "zod";
import { toBase64 } from "../primitives/encoding.ts";
import { Failure } from "./hash-block.ts";

/** An image as its source lists it, before hashing. */
export interface ListedImage {
  readonly ordinal: number;
  readonly path: string;
  readonly fingerprint: string;
  readonly bytes: number | null;
  readonly modifiedAt: string | null;
  readonly givenHash: Uint8Array | null;
  /** `evidence/1` of docs/hash-format.md, where the source provides it beside the hash. */
  readonly givenEvidence: Uint8Array | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly failure: Failure | null;
}

/** An image as a walk finds it, before it has an ordinal. */
export type FoundImage = Omit<ListedImage, "ordinal">;

type KnownFields = Pick<FoundImage, "path" | "fingerprint"> & {
  readonly [Field in keyof FoundImage]?: FoundImage[Field] | undefined;
};

const MAX_SIDE = 2_147_483_647;

/** A number that its column can hold, or null. */
const atMost = (limit: number, value: number | null): number | null =>
  value !== null && Number.isInteger(value) && value >= 0 && value <= limit ? value : null;

/** An image of which a source knows some fields; the others are null, as is a number that no column or event can hold. */
export const foundImage = ({
  path,
  fingerprint,
  bytes = null,
  modifiedAt = null,
  givenHash = null,
  givenEvidence = null,
  width = null,
  height = null,
  failure = null,
}: KnownFields): FoundImage => ({
  path,
  fingerprint,
  bytes: atMost(Number.MAX_SAFE_INTEGER, bytes),
  modifiedAt,
  givenHash,
  givenEvidence,
  width: atMost(MAX_SIDE, width),
  height: atMost(MAX_SIDE, height),
  failure,
});

/** On the wire what is null is left out: a listing is most of the log's bytes. */
const ListedImageOnWire = z.object({
  ordinal: z.int().min(0),
  path: z.string(),
  fingerprint: z.string(),
  bytes: z.int().optional(),
  modifiedAt: z.iso.datetime().optional(),
  givenHash: z.base64().optional(),
  givenEvidence: z.base64().optional(),
  width: z.int().optional(),
  height: z.int().optional(),
  failure: Failure.optional(),
});

/** Inverse of {@link imageFromWire}. */
export const imageOnWire = (image: ListedImage): z.input<typeof ListedImageOnWire> => ({
  ordinal: image.ordinal,
  path: image.path,
  fingerprint: image.fingerprint,
  bytes: image.bytes ?? undefined,
  modifiedAt: image.modifiedAt ?? undefined,
  givenHash: image.givenHash === null ? undefined : toBase64(image.givenHash),
  givenEvidence: image.givenEvidence === null ? undefined : toBase64(image.givenEvidence),
  width: image.width ?? undefined,
  height: image.height ?? undefined,
  failure: image.failure ?? undefined,
});

/** Field by field: copying the rest of each row takes twenty times as long. */
const imageFromWire: (row: z.output<typeof ListedImageOnWire>) => ListedImage = ({
  ordinal,
  path,
  fingerprint,
  bytes = null,
  modifiedAt = null,
  givenHash: hash,
  givenEvidence: evidence,
  width = null,
  height = null,
  failure = null,
}) => {
  const givenHash = hash === undefined ? null : new Uint8Array(Buffer.from(hash, "base64"));
  const givenEvidence = evidence === undefined ? null : new Uint8Array(Buffer.from(evidence, "base64"));
  return { ordinal, path, fingerprint, bytes, modifiedAt, givenHash, givenEvidence, width, height, failure };
};

/** One transform for all rows: a codec for each field makes zod take four times as long, and a catalog may have ten million rows. */
export const listedImages = z.array(ListedImageOnWire).transform((rows) => rows.map(imageFromWire));
