import type { CopyKind } from "@lookalike/shared/domain/image/pair-kind";
import type { Sharp } from "sharp";
import type { Pixels } from "../picture.ts";
import type { Choices } from "../random.ts";
import type { Rectangle } from "../truth.ts";

/** What an edit may use. */
interface EditInput {
  /** The original's pixels, decoded from its file. */
  readonly pixels: Pixels;
  /** The original's file. */
  readonly file: Buffer;
  /** Other originals, for collages. */
  readonly others: readonly { readonly family: string; readonly pixels: Pixels }[];
  readonly choices: Choices;
}

export interface Edited {
  /** An encoded file, or a picture that is saved as the edit's format. */
  readonly image: Sharp | Buffer;
  readonly parameters?: Readonly<Record<string, number | string>>;
  readonly crop?: Rectangle;
  readonly frame?: Rectangle;
  /** Families of the other originals in it. */
  readonly others?: readonly string[];
}

/** What people, programs and services do to a picture. */
export interface Edit {
  readonly name: string;
  readonly kinds: readonly CopyKind[];
  /** The part of the edits that must be found with their original; null = printed only. */
  readonly goal: number | null;
  /** How the result is saved; jpeg: of quality 85. */
  readonly format?: "jpeg" | "webp" | "png" | "avif" | "gif";
  readonly apply: (input: EditInput) => Edited | Promise<Edited>;
}
