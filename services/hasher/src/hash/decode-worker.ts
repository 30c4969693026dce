import { PixelBudget } from "@lookalike/engine/hash/pixel-budget";
import type { Outcome } from "@lookalike/shared/domain/image/hash-block";
import { type FileRequest, hashFile } from "./hash-file.ts";

export interface HashRequest extends FileRequest {
  /** The budget of all threads together, in shared memory. */
  readonly pixelBudget: Int32Array;
  /** The part of it that this file holds. */
  readonly heldPixels: Int32Array;
}

/** The entry point of a worker thread. */
export default (request: HashRequest): Promise<Outcome> =>
  hashFile(request, new PixelBudget(request.pixelBudget, request.heldPixels));
