/** What `pnpm bench siege` attacks. */
export interface Target {
  readonly address: string;
  /** A key of scope write. */
  readonly key: string;
  readonly catalog: string;
  /** A catalog over a folder, whose images all have 289 megapixels. */
  readonly pictures: string;
  readonly images: number;
  readonly job: string;
  /** The number of the group with most images. */
  readonly largestGroup: number;
  /** A job that is never over. */
  readonly runningJob: string;
  readonly attacks: readonly Attack[];
}

export const ATTACKS = [
  "60 MB as a picture",
  "289 megapixels as a picture",
  "thumbnails of 289 megapixels",
  "event streams",
  "wrong keys",
  "imports of 60 MB",
  "a megabyte of JSON that does not fit",
  "the largest group",
  "pages of 1,000 groups",
  "exports",
  "exports that nobody reads",
  "decisions by a rule",
  "queries by hash",
  "header fields that trickle",
  "bodies that trickle",
] as const;
export type Attack = (typeof ATTACKS)[number];

/** How often each answer came, by attack: a status, or the code of a lost connection. */
export type Answers = Record<string, Record<string, number>>;
