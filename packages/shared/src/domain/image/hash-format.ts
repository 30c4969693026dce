/**
 * The format of decoded images' hashes before formats were recorded: what rows and events of that time
 * have. The format that is computed today is the engine's: docs/hash-format.md.
 */
export const FIRST_FORMAT = "blockhash16/2";

/** Hashes that the source provides. How they were computed is not known; only their length is. */
export const GIVEN_FORMAT = "given";

/** The format that a source's hashes had before formats were recorded. */
export const unrecordedFormat = (source: { readonly kind: string }): string =>
  source.kind === "hashes" ? GIVEN_FORMAT : FIRST_FORMAT;

/**
 * Says that two formats cannot be compared, and what to do.
 * @param subject whose hashes have the format `theirs`, as the beginning of the sentence
 */
export const formatMismatch = (subject: string, theirs: string, ours: string): string => {
  const advice =
    theirs === GIVEN_FORMAT || ours === GIVEN_FORMAT
      ? "Choose another catalog."
      : "Scan it in mode full, which hashes its images again.";
  return `${subject} has hashes of the format ${theirs}, which cannot be compared with ${ours}. ${advice}`;
};
