import { DOCUMENTS } from "./documents.ts";
import { GRAPHICS } from "./graphics.ts";
import type { LookalikeClass } from "./lookalike.ts";
import { SCENES } from "./scenes.ts";
import { SCREENS } from "./screens.ts";

/** All classes of look-alikes, in the order in which they are reported. */
export const LOOKALIKES: readonly LookalikeClass[] = [...DOCUMENTS, ...SCREENS, ...GRAPHICS, ...SCENES];
