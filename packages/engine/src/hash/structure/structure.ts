/** What a file's own structure says about it, read without decoding the picture. */
export interface Structure {
  /** The first thing that is wrong; null = every part is there, and nothing else. */
  readonly fault: StructureFault | null;
  /** Pictures, pages or frames; null where only the decoder counts them. */
  readonly pages: number | null;
  /** Whether the file also holds a film: a motion photo. */
  readonly hasFilm: boolean;
  /** Offset of the pictures or the film after the first picture; null = there are none, or they are not by themselves. */
  readonly restFrom: number | null;
}

export interface StructureFault {
  /** Whether the file ends before the picture does. */
  readonly isCut: boolean;
  readonly text: string;
}

export const SOUND: Structure = { fault: null, pages: null, hasFilm: false, restFrom: null };

/** A structure with nothing but a fault. */
export const faulty = (isCut: boolean, text: string): Structure => ({ ...SOUND, fault: { isCut, text } });
