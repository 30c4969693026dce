/**
 * One line of text that JSON, PostgreSQL and a terminal can hold: without control characters and lone surrogates,
 * at most `length` long.
 */
export const oneLine = (text: string, length: number): string =>
  text
    .replace(/[\p{Cc}\p{Cs}\s]+/gu, " ")
    .trim()
    .slice(0, length)
    .toWellFormed();
