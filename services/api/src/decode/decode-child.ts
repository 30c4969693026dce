// The entry point of a process that decodes one picture after another: see packages/shared/src/runtime/process-pool.ts.
import { closeSync, fstatSync, readFileSync, statSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { hashImage } from "@lookalike/engine/hash/hash-image";
import { pairVerdict } from "@lookalike/engine/verify/pair-verdict";
import { type PictureView, viewPicture } from "@lookalike/engine/verify/picture-view";
import { verifiedPicture, verifyPair } from "@lookalike/engine/verify/verify-pair";
import { encodeVerdict } from "@lookalike/shared/domain/grouping/verified-pairs";
import type { Outcome } from "@lookalike/shared/domain/image/hash-block";
import { messageOf } from "@lookalike/shared/runtime/errors";
import { OUT_OF_MEMORY, type Reserve, serveRequests } from "@lookalike/shared/runtime/pooled-process";
import { type ListedFile, type ListedFileProblem, openListedSync } from "@lookalike/shared/sources/open-listed";
import sharp from "sharp";
import { PICTURE_LIMITS } from "./picture-limits.ts";
import { type ThumbnailSize, thumbnailOf } from "./thumbnail.ts";

/** A listed file, or the path of one that was stored for the request. */
type File = ListedFile | string;

/** What is decoded: a file for its hash, or to a thumbnail; or with another one, to say what the two pictures are to each other. */
export interface DecodeRequest {
  readonly file: File;
  readonly thumbnail: ThumbnailSize | null;
  readonly other?: File;
}

export type DecodeResult =
  | { readonly kind: "hash"; readonly outcome: Outcome }
  | { readonly kind: "thumbnail"; readonly webp: Uint8Array }
  | { readonly kind: "verdict"; readonly verdict: Uint8Array }
  | { readonly kind: "not-listed"; readonly reason: ListedFileProblem["reason"] }
  | { readonly kind: "not-decoded"; readonly detail: string };

// The API's other work is answers to somebody who waits, and health checks.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
// libvips uses one thread for each picture, since there is a process for each.
sharp.concurrency(1);
// A cache would be of no use, since every file is decoded once.
sharp.cache(false);

/** What two pictures are to each other. */
const verify = async (first: File, second: File, reserve: Reserve): Promise<DecodeResult> => {
  const views: PictureView[] = [];
  for (const file of [first, second]) {
    const view = await withBytes(file, (bytes) => viewPicture(bytes, PICTURE_LIMITS, reserve));
    if (view === null) return { kind: "not-decoded", detail: "one of the two is no picture that can be decoded" };
    if ("kind" in view) return view;
    views.push(view);
  }
  const [a, b] = views;
  if (a === undefined || b === undefined) throw new Error("two pictures are looked at");
  const seen = verifyPair(verifiedPicture(a.pixels, a.evidence), verifiedPicture(b.pixels, b.evidence));
  return { kind: "verdict", verdict: encodeVerdict(pairVerdict(seen, a.pixels, b.pixels)) };
};

const decode = ({ file, thumbnail, other }: DecodeRequest, reserve: Reserve): Promise<DecodeResult> =>
  other === undefined
    ? withBytes(file, async (bytes) =>
        thumbnail === null
          ? { kind: "hash", outcome: await hashImage(bytes, PICTURE_LIMITS, reserve) }
          : { kind: "thumbnail", webp: await thumbnailOf(bytes, thumbnail, reserve) },
      )
    : verify(file, other, reserve);

const withBytes = async <Result>(
  file: File,
  use: (bytes: Buffer) => Promise<Result>,
): Promise<Result | Extract<DecodeResult, { readonly kind: "not-listed" | "not-decoded" }>> => {
  const opened = typeof file === "string" ? file : openListedSync(file);
  if (typeof opened === "object") return { kind: "not-listed", reason: opened.reason };
  try {
    const { size } = typeof opened === "string" ? statSync(opened) : fstatSync(opened);
    const { maxFileBytes } = PICTURE_LIMITS;
    if (size > maxFileBytes) return { kind: "not-decoded", detail: `${size} bytes, at most ${maxFileBytes} are read` };
    return await use(readFileSync(opened));
  } catch (error) {
    return { kind: "not-decoded", detail: messageOf(error) };
  } finally {
    if (typeof opened === "number") closeSync(opened);
  }
};

serveRequests(async (request: DecodeRequest, reserve) => {
  const result = await decode(request, reserve);
  // The pool tries it again, in a process whose memory no other picture has used.
  if (result.kind === "hash" && result.outcome.kind === "failed" && result.outcome.failure.reason === "out-of-memory")
    process.exit(OUT_OF_MEMORY);
  return result;
});
