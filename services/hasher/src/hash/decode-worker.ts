import { PixelBudget } from "@lookalike/engine/hash/pixel-budget";
import type { Outcome } from "@lookalike/shared/domain/image/hash-block";
import { type FileRequest, hashFile } from "./hash-file.ts";

export interface HashRequest extends FileRequest {
  /** Shared by all threads. */
  readonly pixelBudget: Int32Array;
  /** What this file holds of it. */
  readonly heldPixels: Int32Array;
}

/** Runs in a worker thread. */
export default (request: HashRequest): Promise<Outcome> =>
  hashFile(request, new PixelBudget(request.pixelBudget, request.heldPixels));
