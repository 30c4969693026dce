import { fileNameOf } from "../image/file-name.ts";

/** What programs and people put before the name of a copy. */
const BEFORE = [
  "copy of",
  "copy \\(\\d{1,3}\\) of",
  "copie de",
  "copia de",
  "copia di",
  "cópia de",
  "kopie von",
  "kopie van",
  "kopia",
  "kopi av",
  "копия",
];
/** What they put after it, in a word of its own. */
const AFTER = [
  "copy",
  "copie",
  "copia",
  "cópia",
  "kopie",
  "kopia",
  "kopi",
  "kopio",
  "kópia",
  "kopija",
  "másolat",
  "копия",
  "копія",
];
/** What they put after it without a space. */
const ATTACHED = ["のコピー", "コピー", "复制", "副本", "拷贝", "複製", "複本", "사본", "복사본"];

const NUMBER = "(?:[ _-]?\\(?\\d{1,3}\\)?)?";
const COPIES: readonly RegExp[] = [
  new RegExp(`^(?:${BEFORE.join("|")})[ _-]`, "u"),
  new RegExp(`[ _.,(-](?:${AFTER.join("|")})\\)?${NUMBER}$`, "u"),
  new RegExp(`(?:${ATTACHED.join("|")})\\)?${NUMBER}$`, "u"),
  // As browsers and file managers name the second file of a name.
  /[^(]\(\d{1,3}\)$/u,
];

/** Whether a file's name says that it is a copy: "a (1).jpg", "a copy.jpg", "Kopie von a.jpg", "a - Copie.jpg", "aのコピー.jpg". */
export const isCopyName = (path: string): boolean => {
  const name = fileNameOf(path).normalize("NFC").toLowerCase();
  const dot = name.lastIndexOf(".");
  const stem = (dot > 0 ? name.slice(0, dot) : name).trim();
  return COPIES.some((pattern) => pattern.test(stem));
};
