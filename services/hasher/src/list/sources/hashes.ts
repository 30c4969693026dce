import { createHash, hash } from "node:crypto";
import { decodeEvidence, EvidenceError } from "@lookalike/engine/evidence/decode-evidence";
import { evidenceOfDctHashes } from "@lookalike/engine/evidence/given-evidence";
import { bytesOfName, nameOfBytes } from "@lookalike/shared/domain/image/file-name";
import { type Failure, failureOf } from "@lookalike/shared/domain/image/hash-block";
import { type FoundImage, foundImage } from "@lookalike/shared/domain/image/listed-image";
import type { ListingMark } from "@lookalike/shared/domain/image/listing";
import type { Source } from "@lookalike/shared/domain/job/source";
import { toHex } from "@lookalike/shared/domain/primitives/encoding";
import type { SourcePlace } from "@lookalike/shared/sources/folder-handle";
import { z } from "zod";
import { NEWLINE, readBytes, readLines } from "./lines.ts";
import { NameSet } from "./name-set.ts";
import { LineCount, openTextFile } from "./text-file.ts";
import { IMAGES_PER_PART, type MarkedCatalog, type Walk } from "./walk.ts";

type HashesSource = Extract<Source, { kind: "hashes" }>;

/** JSON may hold half a surrogate pair, which is stored as U+FFFD: two ids that differ only there are the same. */
const nameOf = (id: string): string => (id.isWellFormed() ? id : nameOfBytes(bytesOfName(id)));

const quantity = z.int().min(0).nullish();
/** 96 features, the head, and more text than a camera writes. */
const MAX_EVIDENCE_BYTES = 8_192;
const DCT_HASH = /^[0-9a-fA-F]{64}$/;
const Line = z.object({
  id: z.string().min(1).max(4_096).transform(nameOf),
  hash: z.string().regex(/^([0-9a-fA-F]{8}){2,8}$/, "must be 64 to 256 bits in hexadecimal, a multiple of 32"),
  width: quantity,
  height: quantity,
  bytes: quantity,
  evidence: z
    .base64()
    .max(4 * Math.ceil(MAX_EVIDENCE_BYTES / 3), `must have at most ${MAX_EVIDENCE_BYTES} bytes`)
    .nullish(),
  dctHashes: z
    .array(z.string().regex(DCT_HASH, "must be 256 bits in hexadecimal"))
    .length(4, "must be four hashes: as it is, mirrored, flipped, and both")
    .nullish(),
  dctQuality: z.int().min(0).max(100).nullish(),
});
/** A line, with the evidence that it brings. */
type Line = Omit<z.infer<typeof Line>, "evidence" | "dctHashes" | "dctQuality"> & {
  readonly evidence: Uint8Array | null;
};

/** Of PostgreSQL's type integer. */
const MAX_SIDE = 2_147_483_647;
/** An id, and a hash of 256 bits in hexadecimal. */
const USUAL_BYTES_PER_LINE = 100;
/** The bytes before a mark are only digested, so they are read in larger chunks than lines are. */
const BYTES_PER_DIGEST = 1_048_576;

/**
 * Walks an NDJSON file of {id, hash, width?, height?, bytes?, evidence?, dctHashes?, dctQuality?}, for owners who have
 * perceptual hashes already. All hashes are as long as the first one; a bad line is a failed item, not a failed job.
 * Where the file has only grown since the mark, the walk resumes there: the bytes before it have the same digest.
 */
export const walkHashes = async (
  { file }: HashesSource,
  place: SourcePlace,
  resume: MarkedCatalog | null,
): Promise<Walk> => {
  const { handle, size } = await openTextFile(place, file);
  const mark = currentMark(resume);
  const markedDigest = createHash("sha256");
  if (mark !== null)
    for await (const bytes of readBytes(handle, 0, mark.bytes, BYTES_PER_DIGEST)) markedDigest.update(bytes);
  const isResumed = mark !== null && markedDigest.copy().digest("base64url") === mark.sha256;
  const start = isResumed ? mark : START;
  const digest = isResumed ? markedDigest : createHash("sha256");
  let read: Omit<ListingMark, "end" | "images"> | null = null;
  // A last line without an end may still grow.
  let mayGrow = false;

  async function* digested(): AsyncGenerator<Buffer> {
    for await (const bytes of readBytes(handle, start.bytes, size)) {
      digest.update(bytes);
      mayGrow = bytes.at(-1) !== NEWLINE;
      yield bytes;
    }
  }

  async function* parts(): AsyncGenerator<FoundImage[]> {
    const reader = new LineReader(file, start);
    try {
      let part: FoundImage[] = [];
      for await (const lines of readLines(digested(), size - start.bytes)) {
        for (const line of lines) {
          const image = reader.imageOf(line);
          if (image !== null) part.push(image);
        }
        if (part.length < IMAGES_PER_PART && !isLong(part)) continue;
        yield part;
        part = [];
      }
      if (part.length > 0) yield part;
      if (!mayGrow) {
        const { count, hashDigits } = reader;
        const { lines } = count;
        read = { bytes: size, sha256: digest.digest("base64url"), lines, hashDigits };
      }
    } finally {
      await handle.close();
    }
  }
  const nextMark: Walk["mark"] = ({ end, images }) => read && { ...read, end, images };
  const expected = Math.ceil((size - start.bytes) / USUAL_BYTES_PER_LINE);
  return {
    expected,
    parts: parts(),
    isResumed,
    files: null,
    tally: null,
    mark: nextMark,
    close: async () => undefined,
  };
};

/** Evidence is many times as long as all else of a line. */
const EVIDENCE_BYTES_PER_PART = 4_194_304;
const isLong = (part: readonly FoundImage[]): boolean =>
  part.reduce((sum, { givenEvidence }) => sum + (givenEvidence?.length ?? 0), 0) > EVIDENCE_BYTES_PER_PART;

const START = { bytes: 0, lines: 0, hashDigits: null };

/**
 * The mark, where the catalog has neither gained nor lost an image since: new images raise the highest
 * ordinal, and without new ones the number of live images can only fall.
 */
const currentMark = (resume: MarkedCatalog | null): ListingMark | null => {
  if (resume === null || resume.mark === null) return null;
  const { mark, end, images } = resume;
  return mark.end === end && mark.images === images ? mark : null;
};

/** Turns lines into images. The lines before decide which number, hash length and names a line has. */
class LineReader {
  readonly count: LineCount;
  /** Hexadecimal digits of every hash; null = no hash has been read yet. */
  hashDigits: number | null;
  readonly #names = new NameSet();

  constructor(file: string, { lines, hashDigits }: Pick<ListingMark, "lines" | "hashDigits">) {
    this.count = new LineCount(file, lines);
    this.hashDigits = hashDigits;
  }

  /** The image of the next line; null where the line is blank. */
  imageOf(text: string): FoundImage | null {
    this.count.add();
    if (text.trim() === "") return null;
    const line = this.#read(text);
    if (!("reason" in line)) return imageOfLine(line);
    if (line.reason === "bad-line") this.count.addBad();
    // What a bad line says is not repeated: it may be no line of hashes at all.
    const name = freeName(`line ${this.count.lines}`, this.#names);
    this.#names.add(name);
    return foundImage({ path: name, fingerprint: digestOf(text), failure: line });
  }

  #read(text: string): Line | Failure {
    const line = parseLine(text);
    if ("reason" in line) return line;
    this.hashDigits ??= line.hash.length;
    if (line.hash.length !== this.hashDigits)
      return badLine(`a hash of ${line.hash.length * 4} bits where the first has ${this.hashDigits * 4}`);
    if (!this.#names.add(line.id)) return failureOf("duplicate-id", "its id is on an earlier line");
    return line;
  }
}

const imageOfLine = ({ id, hash, width, height, bytes, evidence }: Line): FoundImage =>
  foundImage({
    path: id,
    fingerprint: digestOf(
      `${hash.toLowerCase()},${width ?? ""},${height ?? ""},${bytes ?? ""}${evidence === null ? "" : `,${toHex(evidence)}`}`,
    ),
    givenHash: Buffer.from(hash, "hex"),
    givenEvidence: evidence,
    width,
    height,
    bytes,
  });

/** A failed line is named by its number, but the id of a line may be exactly that. */
const freeName = (name: string, taken: NameSet): string => (taken.has(name) ? freeName(`${name}'`, taken) : name);

/** 96 bits of SHA-256: enough to recognize a changed line, short enough for ten million of them. */
const digestOf = (text: string): string => hash("sha256", text, "base64url").slice(0, 16);

const parseLine = (text: string): Line | Failure => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return badLine("not JSON");
  }
  const line = Line.safeParse(json);
  if (line.success) return withEvidence(line.data);
  const [first] = line.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  return badLine(first ?? line.error.message);
};

/** The line with its evidence as bytes; or what is wrong with that, which never repeats what it says. */
const withEvidence = ({ evidence, dctHashes, dctQuality, ...line }: z.infer<typeof Line>): Line | Failure => {
  const dct = dctHashes ?? null;
  const quality = dctQuality ?? null;
  if ((dct === null) !== (quality === null))
    return badLine("dctHashes: dctQuality belongs to them, and one is missing");
  if (evidence != null && dct !== null)
    return badLine("evidence: it has the DCT hashes, and dctHashes says them again");
  if (evidence != null) return checkedEvidence(line, Buffer.from(evidence, "base64"));
  if (dct === null || quality === null) return { ...line, evidence: null };
  const size = { width: line.width ?? 0, height: line.height ?? 0 };
  if (Math.min(size.width, size.height) < 1 || Math.max(size.width, size.height) > MAX_SIDE)
    return badLine("dctHashes: the line must have the picture's width and height, at least 1");
  return { ...line, evidence: evidenceOfDctHashes(size, { hashes: Buffer.from(dct.join(""), "hex"), quality }) };
};

const checkedEvidence = (line: Omit<Line, "evidence">, evidence: Uint8Array): Line | Failure => {
  try {
    const { sourceWidth, sourceHeight } = decodeEvidence(evidence);
    const isOther = (line.width ?? sourceWidth) !== sourceWidth || (line.height ?? sourceHeight) !== sourceHeight;
    if (isOther) return badLine(`evidence: of ${sourceWidth} x ${sourceHeight} pixels, and the line says another size`);
    return { ...line, evidence };
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    return badLine(`evidence: ${error.message}`);
  }
};

const badLine = (detail: string): Failure => failureOf("bad-line", detail);
