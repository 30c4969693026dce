import type { Group } from "@lookalike/client";
import { bytesText, momentText, numberText, takenText } from "../strings/format.ts";
import type { Strings } from "../strings/languages/en.ts";

export type Member = Group["members"][number];

/** How a picture is in a fact, beside the others of its group. */
type Tone = "better" | "worse" | "none";

export interface Fact {
  readonly name: keyof Strings["facts"];
  /** For each member: what it has, empty = nothing, and how that is beside the others. */
  readonly values: readonly { readonly text: string; readonly tone: Tone }[];
  readonly differs: boolean;
}

interface FactReader {
  readonly name: keyof Strings["facts"];
  readonly read: (member: Member, strings: Strings) => string;
  /** A number by which more is better; left out where neither is. */
  readonly score?: (member: Member) => number;
}

const isThere = (value: unknown): number => (value === undefined ? 0 : 1);

const FACTS: readonly FactReader[] = [
  { name: "folder", read: ({ path }) => folderName(path) },
  {
    name: "pixels",
    read: ({ width, height }) =>
      width === undefined || height === undefined ? "" : `${numberText(width)} × ${numberText(height)}`,
    score: ({ width = 0, height = 0 }) => width * height,
  },
  { name: "size", read: ({ bytes }) => (bytes === undefined ? "" : bytesText(bytes)) },
  { name: "format", read: ({ format }) => (format ?? "").toUpperCase() },
  {
    name: "taken",
    read: ({ takenAt }) => (takenAt === undefined ? "" : takenText(takenAt)),
    score: ({ takenAt }) => isThere(takenAt),
  },
  { name: "camera", read: ({ camera }) => camera ?? "", score: ({ camera }) => isThere(camera) },
  {
    name: "pages",
    read: ({ pages }) => (pages === undefined ? "" : numberText(pages)),
    score: ({ pages = 1 }) => pages,
  },
  {
    name: "film",
    read: ({ film }, { yes }) => (film === true ? yes : ""),
    score: ({ film }) => Number(film === true),
  },
  {
    name: "damaged",
    read: ({ damaged }) => damaged ?? "",
    score: ({ damaged }) => Number(damaged === undefined),
  },
  { name: "changed", read: ({ modifiedAt }) => (modifiedAt === null ? "" : momentText(modifiedAt)) },
];

const toneOf = (score: number, all: readonly number[]): Tone => {
  const best = Math.max(...all);
  if (best === Math.min(...all)) return "none";
  return score === best ? "better" : "worse";
};

/** What is known about each member, one fact a line; a fact that no member has is left out. */
export const factsOf = (members: readonly Member[], strings: Strings): Fact[] =>
  FACTS.map(({ name, read, score }) => {
    const texts = members.map((member) => read(member, strings));
    const scores = score === undefined ? [] : members.map(score);
    const values = texts.map((text, at) => ({
      text,
      tone: score === undefined ? ("none" as const) : toneOf(scores[at] ?? 0, scores),
    }));
    return { name, values, differs: new Set(texts).size > 1 };
  }).filter(({ values }) => values.some(({ text }) => text !== ""));

export const fileName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

const folderName = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/"))) || "/";

/** The ordinal by which the file of a member is named: hard links are one file. */
const fileOf = ({ ordinal, sameFileAs }: Member): number => sameFileAs ?? ordinal;

/** The members that a choice lets go, and the bytes of their files, as far as they are no other names of files that stay. */
export const goingOf = (members: readonly Member[], keep: ReadonlySet<number>) => {
  const going = members.filter(({ ordinal }) => !keep.has(ordinal));
  const kept = new Set(members.filter(({ ordinal }) => keep.has(ordinal)).map(fileOf));
  const files = new Map(going.filter((member) => !kept.has(fileOf(member))).map((member) => [fileOf(member), member]));
  return { count: going.length, bytes: [...files.values()].reduce((sum, { bytes }) => sum + (bytes ?? 0), 0) };
};
