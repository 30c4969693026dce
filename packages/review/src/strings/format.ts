import { signal } from "@preact/signals";

/** By which numbers, sizes, dates and plurals are written: a tag of BCP 47. */
export const locale = signal("en");

const formats = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

/** One formatter for each locale and purpose: to create one takes longer than to use it. */
const cached = <Format extends Intl.NumberFormat | Intl.DateTimeFormat>(
  purpose: string,
  create: () => Format,
): Format => {
  const key = `${locale.value} ${purpose}`;
  const known = formats.get(key);
  if (known !== undefined) return known as Format;
  const format = create();
  formats.set(key, format);
  return format;
};

export const numberText = (value: number): string =>
  cached("number", () => new Intl.NumberFormat(locale.value)).format(value);

export const percentText = (share: number): string =>
  cached("percent", () => new Intl.NumberFormat(locale.value, { style: "percent" })).format(
    Math.floor(share * 100) / 100,
  );

const unitText = (value: number, unit: string, maximumFractionDigits: number): string =>
  cached(
    `${unit}${maximumFractionDigits}`,
    () => new Intl.NumberFormat(locale.value, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits }),
  ).format(value);

const BYTE_UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte", "petabyte"];

/** As file managers write it: a thousand bytes are a kilobyte. */
export const bytesText = (bytes: number): string => {
  const power = bytes < 1 ? 0 : Math.min(BYTE_UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1_000 ** power;
  return unitText(value, BYTE_UNITS[power] ?? "byte", value < 100 ? 1 : 0);
};

export const durationText = (seconds: number): string => {
  if (seconds < 90) return unitText(seconds, "second", 0);
  return seconds < 5_400 ? unitText(seconds / 60, "minute", 0) : unitText(seconds / 3_600, "hour", 1);
};

/** Day and time of a moment, where the browser is. */
export const momentText = (iso: string): string =>
  cached("moment", () => new Intl.DateTimeFormat(locale.value, { dateStyle: "medium", timeStyle: "short" })).format(
    new Date(iso),
  );

export const timeText = (iso: string): string =>
  cached("time", () => new Intl.DateTimeFormat(locale.value, { timeStyle: "short" })).format(new Date(iso));

/** When a picture was taken: EXIF has no time zone, so none is added. Text that is no such time is shown as it is. */
export const takenText = (written: string): string => {
  const time = Date.parse(`${written}Z`);
  if (Number.isNaN(time)) return written;
  return cached(
    "taken",
    () => new Intl.DateTimeFormat(locale.value, { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" }),
  ).format(time);
};

/** Chooses the form of a word for a count, by the rules of a language. */
export const pluralOf = (language: string) => {
  const rules = new Intl.PluralRules(language);
  return (count: number, forms: { readonly other: string } & Partial<Record<Intl.LDMLPluralRule, string>>): string =>
    `${numberText(count)} ${forms[rules.select(count)] ?? forms.other}`;
};
