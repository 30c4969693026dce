import type { Group } from "@lookalike/client";
import prettyBytes from "pretty-bytes";

export type Member = Group["members"][number];

export const bytesText = (bytes: number): string => prettyBytes(bytes, { maximumFractionDigits: 1 });

export const countText = (count: number, thing: string): string =>
  `${count.toLocaleString("en")} ${thing}${count === 1 ? "" : "s"}`;

export const durationText = (seconds: number): string =>
  seconds < 90
    ? `${Math.round(seconds)} s`
    : seconds < 5_400
      ? `${Math.round(seconds / 60)} min`
      : `${(seconds / 3_600).toFixed(1)} h`;

export const REASON_TEXT: Record<Group["keeperReason"], string> = {
  whole: "whole, and nothing added",
  undamaged: "not damaged",
  "holds-more": "holds more",
  "highest-resolution": "most pixels",
  "camera-facts": "has what the camera wrote",
  "original-format": "the others were made from a JPEG",
  "most-bytes": "most bytes",
  "plain-name": "no copy by its name",
  oldest: "oldest",
  "first-path": "first by name",
};

export const KIND_TEXT: Record<Group["kind"], string> = {
  exact: "exact copies",
  damaged: "look-alikes with a damaged file",
  partial: "alike in the first page only, as far as compared",
  variant: "resized or re-encoded",
  derivative: "cropped or reshaped",
  burst: "a burst, not copies",
  "near-duplicate": "near duplicates",
};

const FACTS: readonly (readonly [string, (member: Member) => string])[] = [
  ["Folder", ({ path }) => path.slice(0, Math.max(0, path.lastIndexOf("/"))) || "/"],
  ["Pixels", ({ width, height }) => (width === undefined || height === undefined ? "" : `${width} × ${height}`)],
  ["Size", ({ bytes }) => (bytes === undefined ? "" : bytesText(bytes))],
  ["Format", ({ format }) => format ?? ""],
  ["Pages", ({ pages }) => (pages === undefined ? "" : String(pages))],
  ["Film", ({ film }) => (film === true ? "yes" : "")],
  ["Same file as", ({ sameFileAs }) => (sameFileAs === null ? "" : `image ${sameFileAs} (a hard link)`)],
  ["Damaged", ({ damaged }) => damaged ?? ""],
  ["Taken", ({ takenAt }) => takenAt?.replace("T", " ") ?? ""],
  ["Camera", ({ camera }) => camera ?? ""],
  ["Changed", ({ modifiedAt }) => modifiedAt?.slice(0, 16).replace("T", " ") ?? ""],
];

/** What is known about each member, one fact a line, and whether they differ; a fact that no member has is left out. */
export const factsOf = (members: readonly Member[]) =>
  FACTS.map(([name, read]) => {
    const values = members.map(read);
    return { name, values, differs: new Set(values).size > 1 };
  }).filter(({ values }) => values.some((value) => value !== ""));

export const fileName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
