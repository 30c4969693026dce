import { RE2JS } from "re2js";
import { fileNameOf } from "../domain/image/file-name.ts";

/** A glob can't be matched in a time that grows with its length and that of the path alone, or is no glob. */
export class GlobError extends Error {
  override readonly name = "GlobError";
}

interface GlobOptions {
  /** Upper and lower case are the same. */
  readonly ignoreCase?: boolean;
}

/**
 * A glob as a function that says whether it matches a path below a root. Without a slash it matches names at any depth, as in
 * a .gitignore; a slash at its end changes nothing. It has `*`, `**`, `?`, `[a-z]`, `{a,b}`, `{1..9}` and the groups of
 * extglob, where `!(…)` must be a whole name and have plain names in it. It is matched by RE2, which never backtracks.
 * @throws GlobError
 */
export const globMatcher = (glob: string, { ignoreCase = false }: GlobOptions = {}): ((path: string) => boolean) => {
  const pattern = glob.replace(/\/+$/, "");
  const ofPath = pattern.includes("/");
  const source = new GlobParser(pattern.replace(/^\.?\//, ""), ignoreCase).parse();
  const flags = RE2JS.DOTALL | (ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
  const compiled = compile(glob, source, flags);
  return (path) => compiled.matches(ofPath ? path : fileNameOf(path));
};

const compile = (glob: string, source: string, flags: number): RE2JS => {
  try {
    return RE2JS.compile(source, flags);
  } catch {
    throw new GlobError(`${glob}: not a glob. A special character is taken as it is after a backslash.`);
  }
};

const NAME = "[^/]*";
const RANGE = /^\{(?:(-?\d{1,6})\.\.(-?\d{1,6})|([A-Za-z])\.\.([A-Za-z]))\}/;
const CLASS = /^\[([!^]?)(\]?(?:\[:[a-z]+:\]|\\.|[^\]\\])*)\]/s;
const MAX_NUMBERS = 1_000;
const QUANTIFIERS: Readonly<Record<string, string>> = { "?": "?", "*": "*", "+": "+", "@": "" };
/** Whether a whole name may be between these characters; undefined = the start or the end. */
const isName = (before: string | undefined, after: string | undefined): boolean =>
  (before === undefined || "/{,(|".includes(before)) && (after === undefined || "/},)|".includes(after));

/** Translates a glob into the syntax of RE2. */
class GlobParser {
  readonly #glob: string;
  readonly #ignoreCase: boolean;
  #at = 0;

  constructor(glob: string, ignoreCase: boolean) {
    this.#glob = glob;
    this.#ignoreCase = ignoreCase;
  }

  /** @param ends the characters that end a part of a group */
  parse(ends = ""): string {
    let source = "";
    while (this.#at < this.#glob.length && !ends.includes(this.#peek())) source += this.#next();
    return source;
  }

  #peek(ahead = 0): string {
    return this.#glob.charAt(this.#at + ahead);
  }

  #next(): string {
    const character = this.#peek();
    if ("?*+@!".includes(character) && this.#peek(1) === "(" && this.#hasEnd(this.#at + 1, "(", ")"))
      return this.#group();
    switch (character) {
      case "*":
        return this.#stars();
      case "?":
        this.#at += 1;
        return "[^/]";
      case "/":
        return this.#slash();
      case "[":
        return this.#class();
      case "{":
        return this.#braces();
      case "\\":
        this.#at += this.#at + 1 < this.#glob.length ? 1 : 0;
        return this.#literal();
      default:
        return this.#literal();
    }
  }

  #literal(): string {
    const character = String.fromCodePoint(this.#glob.codePointAt(this.#at) ?? 0);
    this.#at += character.length;
    return RE2JS.quote(character);
  }

  #stars(): string {
    const before = this.#glob[this.#at - 1];
    const start = this.#at;
    while (this.#peek() === "*" && !(this.#peek(1) === "(" && this.#at > start)) this.#at += 1;
    if (this.#at - start === 1 || !isName(before, this.#glob[this.#at])) return NAME;
    if (this.#peek() !== "/") return ".*";
    this.#at += 1;
    return "(?:.*/)?";
  }

  /** A path that ends in `/**` also matches the folder itself. */
  #slash(): string {
    const [all = ""] = /^\/\*\*+(?=$|[,}|)])/.exec(this.#glob.slice(this.#at)) ?? [];
    this.#at += Math.max(1, all.length);
    return all === "" ? "/" : "(?:/.*)?";
  }

  #class(): string {
    const [all, negated = "", members = ""] = CLASS.exec(this.#glob.slice(this.#at)) ?? [];
    if (all === undefined || members === "") return this.#literal();
    this.#at += all.length;
    const escaped = members.replace(/\[:[a-z]+:\]|\\(.)|[\][^&~\\]|\//gs, (found, character?: string) => {
      if (found === "/") return "";
      if (found.length > 2) return found;
      return `\\${character ?? found}`;
    });
    return negated === "" ? `[${escaped}]` : `[^/${escaped}]`;
  }

  #braces(): string {
    const range = RANGE.exec(this.#glob.slice(this.#at));
    if (range !== null) {
      this.#at += range[0].length;
      return rangeSource(range, this.#glob);
    }
    if (!this.#hasEnd(this.#at, "{", "}", ",")) return this.#literal();
    this.#at += 1;
    return `(?:${this.#parts(",", "}").join("|")})`;
  }

  #group(): string {
    const sign = this.#peek();
    const start = this.#at;
    this.#at += 2;
    const parts = this.#parts("|", ")");
    if (sign !== "!") return `(?:${parts.join("|")})${QUANTIFIERS[sign]}`;
    const words = this.#glob.slice(start + 2, this.#at - 1).split("|");
    if (!isName(this.#glob[start - 1], this.#glob[this.#at]) || words.some((word) => /[*?+@!()[\]{}/\\]/.test(word)))
      throw new GlobError(
        `${this.#glob}: !(…) must be a whole name, with plain names in it. Else exclude more, and take back what stays by a rule that begins with !`,
      );
    return `(?:${otherThan(words.map((word) => (this.#ignoreCase ? word.toLowerCase() : word)))})`;
  }

  /** The parts of a group, up to its end. */
  #parts(separator: string, end: string): string[] {
    const parts: string[] = [];
    for (;;) {
      parts.push(this.parse(separator + end));
      const found = this.#peek();
      this.#at += 1;
      if (found !== separator) return parts;
    }
  }

  /** Whether the group that opens at a position is closed, and has this separator. */
  #hasEnd(start: number, open: string, close: string, separator = ""): boolean {
    let depth = 0;
    let isSeparated = separator === "";
    for (let at = start; at < this.#glob.length; at += 1) {
      const character = this.#glob[at];
      if (character === "\\") at += 1;
      else if (character === open) depth += 1;
      else if (character === separator && depth === 1) isSeparated = true;
      else if (character === close) depth -= 1;
      if (depth === 0) return isSeparated;
    }
    return false;
  }
}

const rangeSource = ([, first, last, from = "", to = ""]: RegExpExecArray, glob: string): string => {
  if (first === undefined || last === undefined) {
    const [low = from, high = to] = [from, to].sort();
    return `[${low}-${high}]`;
  }
  const [low, high] = [Math.min(Number(first), Number(last)), Math.max(Number(first), Number(last))];
  if (high - low >= MAX_NUMBERS) throw new GlobError(`${glob}: a range has at most ${MAX_NUMBERS} numbers`);
  return `(?:${Array.from({ length: high - low + 1 }, (_, at) => String(low + at)).join("|")})`;
};

/** Every name that is none of these words, by their first characters: RE2 has no negation. */
const otherThan = (words: readonly string[]): string => {
  const firsts = [...new Set(words.map((word) => [...word][0] ?? ""))].filter((first) => first !== "");
  const another = `[^/${firsts.map((first) => (/[\][^\\&~-]/.test(first) ? `\\${first}` : first)).join("")}]${NAME}`;
  const continued = firsts.map((first) => {
    const rests = words.filter((word) => word.startsWith(first)).map((word) => word.slice(first.length));
    return `${RE2JS.quote(first)}(?:${otherThan(rests)})`;
  });
  return [another, ...continued, ...(words.includes("") ? [] : [""])].join("|");
};
