import { signal } from "@preact/signals";
import { locale } from "./format.ts";
import { en, type Strings } from "./languages/en.ts";

/** The texts of the chosen language. */
export const strings = signal<Strings>(en);

const ENGLISH = "en";
/** Every other language is a file of its own, which is loaded when it is chosen. */
const others = import.meta.glob<{ default: Strings }>(["./languages/*.ts", "!./languages/en.ts"]);
const fileOf = (code: string): string => `./languages/${code}.ts`;

/** The codes of all languages, as `de`. */
export const LANGUAGES: readonly string[] = [
  ENGLISH,
  ...Object.keys(others).map((file) => file.slice("./languages/".length, -".ts".length)),
].sort();

/** The name of a language in itself. */
export const languageName = (code: string): string =>
  new Intl.DisplayNames([code], { type: "language" }).of(code) ?? code;

const STORED = "lookalike-language";

/** The language that was chosen in this browser; null: the browser's own. */
export const chosenLanguage = signal<string | null>(localStorage.getItem(STORED));

const languageOf = (tag: string): string => tag.split("-")[0] ?? tag;

/** Shows the page in a language. @param code null: by the browser's languages */
export const chooseLanguage = async (code: string | null): Promise<void> => {
  chosenLanguage.value = code;
  if (code === null) localStorage.removeItem(STORED);
  else localStorage.setItem(STORED, code);
  await showLanguage();
};

/** Loads the texts of the chosen language, or else of the first of the browser's languages that there is. */
export const showLanguage = async (): Promise<void> => {
  const tags = navigator.languages;
  const available = tags.map(languageOf).find((language) => LANGUAGES.includes(language));
  const code = chosenLanguage.value ?? available ?? ENGLISH;
  const texts = code === ENGLISH ? en : (await others[fileOf(code)]?.())?.default;
  const shown = texts ?? en;
  // Numbers and dates are the browser's, unless another language was chosen than it has.
  locale.value =
    chosenLanguage.value === null ? navigator.language : (tags.find((tag) => languageOf(tag) === code) ?? code);
  strings.value = shown;
  document.documentElement.lang = shown.code;
  document.documentElement.dir = shown.direction;
};
