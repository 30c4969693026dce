import { fileNameOf } from "@lookalike/shared/domain/image/file-name";
import { GlobError, globMatcher } from "@lookalike/shared/sources/glob";
import { ARCHIVE_FOLDER } from "@lookalike/shared/sources/listed-file";
import { BUILT_IN_EXCLUDES } from "./built-in-excludes.ts";
import { ListingError } from "./walk.ts";

interface Globs {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** The rule of files that no `include` of the source matches. */
const NOT_INCLUDED = "not included";
/** The rule of Lookalike's own state; nothing takes it back. */
const DATA_FOLDER = "Lookalike's data folder";
const TAKES_BACK = "!";

/** Which rule excludes a file, by paths below the root. The last rule that matches decides, as in a .gitignore. */
export class Exclusions {
  readonly #isIncluded: (path: string) => boolean;
  readonly #globs: readonly { readonly rule: string; readonly matches: (path: string) => boolean }[];

  constructor({ include, exclude }: Globs) {
    const included = include.map(ruleMatcher);
    this.#isIncluded = (path) => included.length === 0 || included.some((matches) => matches(path));
    this.#globs = exclude.map((rule) => ({
      rule,
      matches: ruleMatcher(rule.startsWith(TAKES_BACK) ? rule.slice(1) : rule),
    }));
  }

  /** The rule that excludes what is in a folder; null = none does. @param outer the rule of the folder around it */
  ruleOfFolder(path: string, outer: string | null): string | null {
    let rule = outer ?? builtInRule(path);
    if (rule !== null && OWN.has(rule)) return rule;
    for (const glob of this.#globs) if (glob.matches(path)) rule = glob.rule.startsWith(TAKES_BACK) ? null : glob.rule;
    return rule;
  }

  /** The rule that excludes a file; null = it may be listed. @param outer the rule of its folder */
  ruleOfFile(path: string, outer: string | null): string | null {
    return this.ruleOfFolder(path, outer) ?? (this.#isIncluded(path) ? null : NOT_INCLUDED);
  }

  /** The rule that excludes an object by its key, whose parts are its folders; null = it may be listed. */
  ruleOfKey(key: string): string | null {
    let outer: string | null = null;
    for (let end = key.indexOf("/"); end !== -1; end = key.indexOf("/", end + 1))
      outer = this.ruleOfFolder(key.slice(0, end), outer);
    return this.ruleOfFile(key, outer);
  }
}

/** @throws ListingError where the glob is none, as one that an earlier version accepted */
const ruleMatcher = (glob: string): ((path: string) => boolean) => {
  try {
    return globMatcher(glob);
  } catch (error) {
    if (error instanceof GlobError) throw new ListingError(error.message);
    throw error;
  }
};

const OWN: ReadonlySet<string> = new Set([ARCHIVE_FOLDER, DATA_FOLDER]);

/** The rule of a folder that holds Lookalike's state, which may have any name. @param names in the folder */
export const ownRule = (names: ReadonlySet<string>): string | null =>
  names.has("access-key") && names.has("secret") && names.has("logs") ? DATA_FOLDER : null;

const RULES: readonly string[] = Object.values(BUILT_IN_EXCLUDES).flat();
const GLOB = /[*!{]/;
const NAMES = new Map([ARCHIVE_FOLDER, ...RULES].filter(isPlainName).map((rule) => [rule.toLowerCase(), rule]));
const PATTERNS = RULES.filter((rule) => !isPlainName(rule)).map((rule) => ({
  rule,
  glob: rule.includes("/") ? `**/${rule}` : rule,
  matches: globMatcher(rule.includes("/") ? `**/${rule}` : rule, { ignoreCase: true }),
}));
/** All patterns of names, and all of paths, in one glob each: nearly every file matches none of them. */
const ANY_PATTERN = [true, false].map((isOfPath) => {
  const globs = PATTERNS.flatMap(({ glob }) => (glob.includes("/") === isOfPath ? glob : []));
  return globMatcher(`{${globs.join(",")}}`, { ignoreCase: true });
});

function isPlainName(rule: string): boolean {
  return !GLOB.test(rule) && !rule.includes("/");
}

/** The built-in rule that matches a path by its last names; null = none does. */
const builtInRule = (path: string): string | null => {
  const name = fileNameOf(path);
  const named = NAMES.get(name.toLowerCase());
  if (named !== undefined) return named;
  if (!ANY_PATTERN.some((matches) => matches(path))) return null;
  return PATTERNS.find(({ matches }) => matches(path))?.rule ?? null;
};
