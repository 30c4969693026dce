/**
 * Characters that do more than stand in a line: controls (a terminal obeys them), line separators, marks that reverse what
 * follows, invisible ones, halves of characters. Without the two joiners that scripts and emoji need.
 * @see https://trojansource.codes
 */
const CONTROL = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const CONTROL_IN_TEXT = /(?![\n\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** As JSON writes a character: `\u202e`. */
const escaped = (character: string): string =>
  character
    .split("")
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("");

/** Text of one line in which a terminal, a log or a page shows everything that is there. In JSON it means the same. */
export const printableLine = (text: string): string => text.replace(CONTROL, escaped);

/** Text of several lines, as {@link printableLine}. */
export const printableText = (text: string): string => text.replace(CONTROL_IN_TEXT, escaped);

/** A file name as one word of a line: with something escaped in it, in quotes and as JSON. */
export const printableName = (name: string): string => {
  const safe = printableLine(JSON.stringify(name).slice(1, -1));
  return safe === name ? name : `"${safe}"`;
};
