import type { Sharp } from "sharp";
import type { Choices } from "../random.ts";

/** The capture data that a camera writes. */
export interface Capture {
  readonly camera: string;
  /** As EXIF has it: 2024:05:01 12:00:00 */
  readonly takenAt: string;
  readonly subSeconds: string | null;
}

interface Drawn {
  /** An SVG document, or a picture. */
  readonly image: Buffer | Sharp;
  readonly capture?: Capture;
}

/** Files that look alike and are different pictures. */
export interface LookalikeClass {
  readonly name: string;
  readonly format: "jpeg" | "png";
  /** How many files show one thing, as the frames of one burst; each file is a series of its own where it is 1. */
  readonly series: number;
  /** Whether owners expect these together, as moments of one scene, though none is a copy of another. */
  readonly related?: boolean;
  /**
   * @param own choices of this file alone
   * @param shared choices that all files of the series have in common
   * @param position of the file in its series
   * @param number of the file in its class: what must differ in every file follows from it
   */
  readonly draw: (own: Choices, shared: Choices, position: number, number: number) => Drawn | Promise<Drawn>;
}
