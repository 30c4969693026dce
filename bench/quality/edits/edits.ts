import type { Edit } from "./edit.ts";
import { ENCODINGS } from "./encode.ts";
import { FRAMES } from "./frame.ts";
import { RETOUCHES } from "./retouch.ts";
import { SHAPES } from "./shape.ts";
import { TONES } from "./tone.ts";

/** All edits, in the order in which they are reported. */
export const EDITS: readonly Edit[] = [...ENCODINGS, ...TONES, ...RETOUCHES, ...SHAPES, ...FRAMES];
