import { defaultThresholdBits, Grouping, JobMode, JobOptions } from "@lookalike/shared/domain/job/options";
import { defaultBlockSize } from "@lookalike/shared/domain/job/plan";
import { InvalidArgumentError, Option } from "commander";
import type { Globs } from "./client.ts";
import { sourceOf } from "./source-address.ts";

/** Reads an option or argument that is a number. @throws InvalidArgumentError */
export const wholeNumber = (text: string): number => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
};

/** The options of a job that are numbers. */
type NumberOption = "thresholdBits" | "blockSize" | "pairsPerTask" | "batchSize";
/** The options of a job that are words. */
type WordOption = "dispatch" | "kernel";

/** What an owner may start: only the coordinator starts a shadow. Ends with the roll-out: decision 0037. */
export const JOB_MODES = JobMode.exclude(["shadow"]).options;

const DEFAULTS = JobOptions.parse({});

const PHOTOGRAPH_HASH_BITS = 256;
const SMALL_CATALOG = 1;
/** What the job chooses where the schema's default is null. */
const AUTOMATIC = {
  thresholdBits: `${defaultThresholdBits(PHOTOGRAPH_HASH_BITS)} of ${PHOTOGRAPH_HASH_BITS} bits`,
  blockSize: `${defaultBlockSize(SMALL_CATALOG)}, more for large catalogs`,
};

/** A job's numeric option: its limits and its default are those of the schema. */
export const numberOption = (name: NumberOption, flags: string, about: string): Option => {
  const automatic = name === "thresholdBits" || name === "blockSize" ? ` (default: ${AUTOMATIC[name]})` : "";
  const option = new Option(flags, `${about}${automatic}`).argParser((text) => {
    const parsed = JobOptions.shape[name].safeParse(wholeNumber(text));
    if (parsed.success) return parsed.data;
    throw new InvalidArgumentError(`${parsed.error.issues.map(({ message }) => message).join(", ")}.`);
  });
  return automatic === "" ? option.default(DEFAULTS[name]) : option;
};

/** A job's option with a fixed set of words: words and default are those of the schema. */
export const wordOption = (name: WordOption, flags: string, about: string): Option =>
  new Option(flags, about).choices(JobOptions.shape[name].unwrap().options).default(DEFAULTS[name]);

/** How a job groups; left out where the flag is not there. */
export const groupingOption = (): Option =>
  new Option(
    "--grouping <kind>",
    "how similar pairs become groups (default: masters where pairs are verified, else clique)",
  ).choices(Grouping.options);

/** An option of a job that is on or off; left out where the flag is not there. */
const switchOption = (flags: string, about: string): Option =>
  new Option(flags, about).argParser((text) => {
    if (text === "on" || text === "off") return text === "on";
    throw new InvalidArgumentError("It must be on or off.");
  });

/** Whether features are stored. */
export const featuresOption = (): Option =>
  switchOption(
    "--features <on|off>",
    "store local features of each picture, about 2.4 kB (default: as the last scan; at first on)",
  );

/** Whether pairs are verified. */
export const verificationOption = (): Option =>
  switchOption(
    "--verification <on|off>",
    "look at the pictures of each similar pair before they are grouped (default: as the last scan; at first off)",
  );

/** What was chosen by {@link globOptions}. */
export const globsOf = (flags: Record<string, unknown>): Globs => ({
  ...(Array.isArray(flags["include"]) ? { include: flags["include"] } : {}),
  ...(Array.isArray(flags["exclude"]) ? { exclude: flags["exclude"] } : {}),
});

/** Options that choose files, each once or more often. */
export const globOptions = () => ({
  include: globOption("--include <glob>", "list only files that match, as '*.jpg' or '2019/**'; may be repeated"),
  exclude: globOption(
    "--exclude <glob>",
    "leave out files and folders that match; '!.cache' takes back a built-in rule; may be repeated",
  ),
});

const globOption = (flags: string, about: string): Option =>
  new Option(flags, about).argParser((glob: string, earlier: string[] = []) => [...earlier, glob]);

/** What a person wants to be started. */
export type StartRequest = ReturnType<typeof startRequest>;

/**
 * @param flags as commander reads them; the schema of a job's options checks theirs
 * @param isTerminal whether standard output is one: there a person reviews the result
 */
export const startRequest = (address: string | undefined, flags: Record<string, unknown>, isTerminal: boolean) => {
  const { threshold, json, keepRunning, include, exclude, ...options } = flags;
  return {
    globs: globsOf({ include, exclude }),
    /** null = the demo catalog. */
    source: address === undefined ? null : sourceOf(address),
    options: JobOptions.parse({ ...options, thresholdBits: threshold }),
    json: json === true,
    keepRunning: keepRunning === true || (isTerminal && json !== true),
  };
};
