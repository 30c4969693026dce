import { foundImage } from "@lookalike/shared/domain/image/listed-image";
import type { KnownContent } from "@lookalike/shared/store/catalog/contents";
import { expect, it } from "vitest";
import { recognize, type SourceFiles } from "./recognize.ts";

/** size-mtime-inode-mode-owner-ctime */
const BEFORE = "100-10-7-33188-0-10";
const image = (ordinal: number, path: string, fingerprint = BEFORE, digest = "same"): KnownContent => ({
  ordinal,
  path,
  fingerprint,
  bytes: 100,
  digest,
  listedIn: "first",
  isLive: true,
});

const isHashed = (): boolean => true;

/** Recognizes one file; at the other paths is nothing, but at those that are there. @returns the ordinal of the image that has its content, and the files that were read */
const recognized = async (
  [path, fingerprint]: [string, string],
  contents: KnownContent[],
  {
    there = [],
    digest = "same",
    rereads = false,
  }: { there?: string[]; digest?: string | null; rereads?: boolean } = {},
) => {
  const read: string[] = [];
  const files: SourceFiles = {
    provesContent: false,
    isStillThere: async (path) => there.includes(path),
    async digestOf(name) {
      if (name !== path && !there.includes(name)) return null;
      read.push(name);
      return digest;
    },
  };
  const found = foundImage({ path, fingerprint, bytes: 100 });
  const known = contents.find((content) => content.path === path) ?? null;
  const result = await recognize({ files, findContents: async () => contents, isHashed, rereads }, [{ found, known }]);
  return { ordinal: result.get(path)?.ordinal ?? null, read };
};

it.each([
  ["other inodes, as after a mount", "100-10-8-33188-0-99"],
  ["another mode", "100-10-7-33152-0-99"],
  ["a fingerprint of a version that had no ctime", BEFORE],
])("recognizes a file in its place without reading it: %s", async (_what, now) => {
  const before = now === BEFORE ? "100-10-7-33188-0" : BEFORE;
  expect(await recognized(["a", now], [image(0, "a", before)])).toEqual({ ordinal: 0, read: [] });
});

it.each([
  ["another mtime", "100-11-7-33188-0-11"],
  ["only another ctime, as after its content was replaced and its mtime set back", "100-10-7-33188-0-11"],
])("compares the content of a file in its place: %s", async (_what, now) => {
  expect(await recognized(["a", now], [image(0, "a")])).toEqual({ ordinal: 0, read: ["a"] });
  expect(await recognized(["a", now], [image(0, "a")], { digest: "other" })).toEqual({ ordinal: null, read: ["a"] });
});

it("recognizes a renamed file by its inode, and a file on another disk by its content", async () => {
  expect(await recognized(["b", "100-10-7-33188-0-12"], [image(0, "a")])).toEqual({ ordinal: 0, read: [] });
  expect(await recognized(["b", "100-10-9-33188-0-12"], [image(0, "a")])).toEqual({ ordinal: 0, read: ["b"] });
});

it("takes a copy beside its original for a new image", async () => {
  expect(await recognized(["b", "100-10-9-33188-0-12"], [image(0, "a")], { there: ["a"] })).toEqual({
    ordinal: null,
    read: [],
  });
});

it("prefers the image that had the same name", async () => {
  const contents = [image(0, "x/a.jpg", "100-1-1-33188-0-1"), image(1, "x/b.jpg", "100-2-2-33188-0-2")];
  expect(await recognized(["y/b.jpg", "100-3-3-33188-0-3"], contents)).toMatchObject({ ordinal: 1 });
});

it("recognizes equal files of which one has the other's place now, and the other a new one", async () => {
  const [first, second] = [image(0, "a", "100-10-7-33188-0-10"), image(1, "b", "100-20-8-33188-0-20")];
  const files: SourceFiles = {
    provesContent: false,
    isStillThere: async () => false,
    digestOf: async (path) => (path === "a" ? null : "same"),
  };
  const found = [
    { found: foundImage({ path: "b", fingerprint: "100-10-7-33188-0-30", bytes: 100 }), known: second },
    { found: foundImage({ path: "c", fingerprint: "100-20-8-33188-0-30", bytes: 100 }), known: null },
  ];
  const result = await recognize({ files, findContents: async () => [first, second], isHashed, rereads: false }, found);
  expect([...result].map(([path, of]) => [path, of?.ordinal])).toEqual([
    ["b", 1],
    ["c", 0],
  ]);
});

it("recognizes equal files that were all moved, each as another image", async () => {
  const contents = ["x/a", "y/a", "z/b"].map((path, ordinal) => image(ordinal, path, `100-10-${ordinal}-33188-0-10`));
  const files: SourceFiles = {
    provesContent: false,
    isStillThere: async () => false,
    digestOf: async (path) => (/^m/.test(path) ? "same" : null),
  };
  const found = ["m/c", "m/a", "m2/a", "m/b"].map((path) => ({
    found: foundImage({ path, fingerprint: "100-20-9-33188-0-20", bytes: 100 }),
    known: null,
  }));
  const result = await recognize({ files, findContents: async () => contents, isHashed, rereads: false }, found);
  // The one that has no name of theirs is the copy.
  expect([...result].map(([path, known]) => [path, known?.ordinal])).toEqual([
    ["m/c", undefined],
    ["m/a", 0],
    ["m2/a", 1],
    ["m/b", 2],
  ]);
});

it("takes a copy of a touched file for the new image, also where it is found first", async () => {
  const files = { provesContent: false, isStillThere: async () => false, digestOf: async () => "same" };
  const known = image(0, "a.jpg");
  const found = ["a copy.jpg", "a.jpg"].map((path) => ({
    found: foundImage({ path, fingerprint: "100-20-9-33188-0-20", bytes: 100 }),
    known: path === known.path ? known : null,
  }));
  const result = await recognize({ files, findContents: async () => [known], isHashed, rereads: false }, found);
  expect([...result]).toEqual([
    ["a copy.jpg", null],
    ["a.jpg", known],
  ]);
});

it("reads every file in mode full", async () => {
  expect(await recognized(["a", BEFORE], [image(0, "a")], { rereads: true, digest: "other" })).toEqual({
    ordinal: null,
    read: ["a"],
  });
});

it("keeps the ordinal of an image that looks unchanged and whose hashes are lost, also in mode full", async () => {
  const known = { ...image(3, "a"), fingerprint: BEFORE };
  const files = { provesContent: false, isStillThere: async () => true, digestOf: async () => "same" };
  const resultFor = async (fingerprint: string) => {
    const found = foundImage({ path: "a", fingerprint, bytes: 100 });
    const recognition = { files, findContents: async () => [], isHashed: () => false, rereads: true };
    return (await recognize(recognition, [{ found, known }])).get("a");
  };
  expect(await resultFor(BEFORE)).toBe(known);
  expect(await resultFor("100-11-8-33188-0-99")).toBeNull();
});

it("takes a file that still can't be read for what it was", async () => {
  const failing = { ...image(3, "a"), fingerprint: BEFORE };
  const files = { provesContent: false, isStillThere: async () => false, digestOf: async () => null };
  const found = foundImage({ path: "a", fingerprint: BEFORE, bytes: 100 });
  const result = await recognize({ files, findContents: async () => [], isHashed, rereads: false }, [
    { found, known: failing },
  ]);
  expect(result.get("a")).toBe(failing);
});

it("reads an object before it is an image of another key, and prefers the one of its ETag", async () => {
  const etags = [image(0, "x", '"one"'), image(1, "y", '"two"')];
  expect(await recognized(["b", '"two"'], etags)).toEqual({ ordinal: 1, read: ["b"] });
  expect(await recognized(["b", '"two"'], etags, { there: ["x", "y"] })).toEqual({ ordinal: null, read: [] });
  // Copied in one part, where it was uploaded in many.
  expect(await recognized(["b", '"three"'], etags)).toEqual({ ordinal: 0, read: ["b"] });
  expect(await recognized(["b", '"two"'], etags, { digest: "other" })).toEqual({ ordinal: null, read: ["b"] });
});
