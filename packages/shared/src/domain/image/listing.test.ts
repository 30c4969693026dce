import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OrdinalSet } from "../primitives/bit-set.ts";
import { type FoundImage, foundImage } from "./listed-image.ts";
import {
  compareListing,
  type KnownImage,
  Listing,
  type ListingStep,
  type Recognized,
  type WalkStart,
} from "./listing.ts";

const image = (path: string, fingerprint = `${path} as it was`): FoundImage => foundImage({ path, fingerprint });

/** A catalog as the database has it, which walks change part by part. */
class Catalog {
  readonly blockSize: number | null;
  listingJob: string | null = null;
  readonly live = new Map<string, KnownImage>();
  #last: KnownImage | null = null;

  constructor(blockSize: number | null = null) {
    this.blockSize = blockSize;
  }

  /** Starts a walk of a job, which is listing from now on. */
  walk(jobId: string, more: Partial<WalkStart> = {}): Listing {
    this.listingJob = jobId;
    return new Listing({
      catalogId: "catalog",
      jobId,
      end: this.#last === null ? 0 : this.#last.ordinal + 1,
      images: this.live.size,
      retried: new OrdinalSet(),
      isResumed: false,
      recognizes: false,
      rereads: false,
      ...more,
    });
  }

  /** Does with a part of a walk what the database does. */
  append(listing: Listing, found: readonly FoundImage[], recognized?: Recognized): ListingStep {
    const { jobId } = listing.start;
    const isListing = this.listingJob === jobId;
    const snapshot = { isListing, blockSize: this.blockSize, last: this.#last, known: this.live };
    const step = compareListing(listing, found, snapshot, recognized);
    if (step.kind !== "changes") return step;
    for (const { path } of [...step.replaced, ...step.moved.map(({ from }) => from)]) this.live.delete(path);
    for (const { from, to } of step.moved) this.live.set(to.path, { ...from, ...to, isLive: true });
    for (const { path, ordinal, fingerprint } of step.added) {
      expect(ordinal).toBeGreaterThan(this.#last?.ordinal ?? -1);
      const added = { ordinal, path, fingerprint, listedIn: jobId, isLive: true };
      this.#last = added;
      this.live.set(path, added);
    }
    listing.apply(step);
    return step;
  }

  ordinals(): Record<string, number> {
    return Object.fromEntries([...this.live].map(([path, { ordinal }]) => [path, ordinal]));
  }
}

/** What a step changes, as paths and ordinals. */
const summaryOf = (step: ListingStep) =>
  step.kind === "changes"
    ? {
        unchanged: step.unchanged.map(({ ordinal }) => ordinal),
        replaced: step.replaced.map(({ ordinal }) => ordinal),
        added: step.added.map(({ path, ordinal }) => `${path} ${ordinal}`),
        listed: step.listed.map(({ path, ordinal }) => `${path} ${ordinal}`),
        ...(step.moved.length === 0 ? {} : { moved: step.moved.map(({ to }) => `${to.path} ${to.ordinal}`) }),
      }
    : step.kind;

/** A catalog in which an earlier job has listed images. */
const listedCatalog = (paths: readonly string[], blockSize: number | null = null): Catalog => {
  const catalog = new Catalog(blockSize);
  catalog.append(
    catalog.walk("first"),
    paths.map((path) => image(path)),
  );
  return catalog;
};

describe("a walk over a source", () => {
  it("numbers the images of an empty catalog from 0", () => {
    const catalog = new Catalog();
    const step = catalog.append(catalog.walk("first"), [image("a"), image("b")]);
    expect(summaryOf(step)).toEqual({ unchanged: [], replaced: [], added: ["a 0", "b 1"], listed: ["a 0", "b 1"] });
  });

  it("leaves unchanged images as they are, and publishes none of them", () => {
    const catalog = listedCatalog(["a", "b"]);
    const listing = catalog.walk("second");
    const step = catalog.append(listing, [image("b"), image("c"), image("a")]);
    expect(summaryOf(step)).toEqual({ unchanged: [1, 0], replaced: [], added: ["c 2"], listed: ["c 2"] });
    expect([listing.seenBefore, listing.added, listing.remaining]).toEqual([2, 1, 0]);
  });

  it("replaces an image whose fingerprint has changed", () => {
    const catalog = listedCatalog(["a", "b"]);
    const step = catalog.append(catalog.walk("second"), [image("a", "another"), image("b")]);
    expect(summaryOf(step)).toEqual({ unchanged: [1], replaced: [0], added: ["a 2"], listed: ["a 2"] });
  });

  it("knows which images it has not found", () => {
    const catalog = listedCatalog(["a", "b", "c"]);
    const listing = catalog.walk("second");
    catalog.append(listing, [image("c"), image("a", "another")]);
    expect(listing.remaining).toBe(1);
    // The changed image's old row is a tombstone already; it is only never counted as found.
    expect(listing.unseen([0, 1, 2])).toEqual([0, 1]);
  });

  it("lists an image once where the source names it twice, in one part or in two", () => {
    const catalog = listedCatalog(["a"]);
    const listing = catalog.walk("second");
    const step = catalog.append(listing, [image("a"), image("b"), image("b", "another"), image("a")]);
    expect(summaryOf(step)).toMatchObject({ unchanged: [0], added: ["b 1"] });
    const again = catalog.append(listing, [image("b"), image("a", "another"), image("c")]);
    expect(summaryOf(again)).toEqual({ unchanged: [], replaced: [], added: ["c 2"], listed: ["c 2"] });
  });

  it("lists a failed image again in a retry, once, although its file is the same", () => {
    const catalog = listedCatalog(["a", "b"]);
    const retried = new OrdinalSet();
    retried.add(1);
    const listing = catalog.walk("retry", { retried });
    const step = catalog.append(listing, [image("a"), image("b")]);
    expect(summaryOf(step)).toEqual({ unchanged: [0], replaced: [1], added: ["b 2"], listed: ["b 2"] });
    expect(summaryOf(catalog.append(listing, [image("b")]))).toMatchObject({ added: [], replaced: [] });
  });

  it("looks up every path once it was found that any may be known", () => {
    const listing = new Catalog().walk("first");
    expect(listing.remaining).toBe(0);
    expect([listing.lookUpEveryPath(), listing.lookUpEveryPath()]).toEqual([true, false]);
    expect(listing.remaining).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("the first image of a job", () => {
  it("starts a new block, and its next ones fill it", () => {
    const catalog = listedCatalog(["a", "b"], 10);
    const listing = catalog.walk("second");
    expect(summaryOf(catalog.append(listing, [image("c")]))).toMatchObject({ added: ["c 10"] });
    expect(summaryOf(catalog.append(listing, [image("d"), image("e")]))).toMatchObject({ added: ["d 11", "e 12"] });
  });

  it("has the next ordinal where the last block is full", () => {
    const catalog = listedCatalog(["a", "b"], 2);
    expect(summaryOf(catalog.append(catalog.walk("second"), [image("c")]))).toMatchObject({ added: ["c 2"] });
  });
});

describe("a walk that resumed from a mark", () => {
  it("adds what is new", () => {
    const catalog = listedCatalog(["a"]);
    const step = catalog.append(catalog.walk("second", { isResumed: true }), [image("b")]);
    expect(summaryOf(step)).toMatchObject({ added: ["b 1"] });
  });

  it.each(["a as it was", "another"])("is void where it finds an image of an earlier job: %j", (fingerprint) => {
    const catalog = listedCatalog(["a"]);
    const listing = catalog.walk("second", { isResumed: true });
    const step = catalog.append(listing, [image("b"), image("a", fingerprint)]);
    expect([summaryOf(step), catalog.ordinals()]).toEqual(["stale-mark", { a: 0 }]);
  });

  it("may find what an earlier walk of its own job has added", () => {
    const catalog = listedCatalog(["a"]);
    catalog.append(catalog.walk("second"), [image("b")]);
    const step = catalog.append(catalog.walk("second", { isResumed: true }), [image("b"), image("c")]);
    expect(summaryOf(step)).toEqual({ unchanged: [1], replaced: [], added: ["c 2"], listed: ["c 2"] });
  });
});

describe("a walk whose job has moved on", () => {
  it.each([null, "third"])("changes nothing while the listing job is %j", (listingJob) => {
    const catalog = listedCatalog(["a"]);
    const zombie = catalog.walk("second");
    catalog.append(zombie, [image("b")]);
    catalog.listingJob = listingJob;
    expect(summaryOf(catalog.append(zombie, [image("a", "another"), image("c")]))).toBe("stopped");
    expect(catalog.ordinals()).toEqual({ a: 0, b: 1 });
    expect(zombie.added).toBe(1);
  });
});

describe("two walks of one job at the same time", () => {
  it("number each image once, and each publishes the images of both", () => {
    const catalog = new Catalog();
    const [one, other] = [catalog.walk("job"), catalog.walk("job")];
    expect(summaryOf(catalog.append(one, [image("a"), image("b")]))).toMatchObject({ listed: ["a 0", "b 1"] });
    expect(summaryOf(catalog.append(other, [image("b"), image("c")]))).toEqual({
      unchanged: [1],
      replaced: [],
      added: ["c 2"],
      listed: ["b 1", "c 2"],
    });
  });

  it("agree however their parts alternate, whatever they name twice, after any earlier catalog", () => {
    const paths = fc.array(fc.constantFrom(..."abcdefgh"), { maxLength: 12 });
    const part = fc.record({ isOther: fc.boolean(), found: paths });
    fc.assert(
      fc.property(paths, fc.array(part, { maxLength: 8 }), fc.constantFrom(null, 3), (earlier, parts, blockSize) => {
        const catalog = listedCatalog(earlier, blockSize);
        const before = catalog.ordinals();
        const [one, other] = [catalog.walk("job"), catalog.walk("job")];
        const published = new Map<string, number>();
        for (const { isOther, found } of parts) {
          const step = catalog.append(
            isOther ? other : one,
            found.map((path) => image(path)),
          );
          if (step.kind !== "changes") throw new Error(`a walk of the listing job is ${step.kind}`);
          expect(step.replaced).toEqual([]);
          for (const { path, ordinal } of step.listed) published.set(path, ordinal);
        }
        const found = new Set([...earlier, ...parts.flatMap((each) => each.found)]);
        const after = catalog.ordinals();
        expect(new Set(Object.keys(after))).toEqual(found);
        expect(new Set(Object.values(after)).size).toBe(found.size);
        // An earlier image has the same ordinal and is not published; a new one is published under its ordinal.
        expect(after).toEqual({ ...before, ...Object.fromEntries(published) });
        expect(Object.keys(before).filter((path) => published.has(path))).toEqual([]);
      }),
    );
  });
});

describe("a walk over a source with files", () => {
  const recognizing = { recognizes: true };
  /** The images of the catalog that have the content of files. */
  const contents = (catalog: Catalog, byPath: Record<string, string | null>): Recognized =>
    new Map(
      Object.entries(byPath).map(([path, known]) => [path, known === null ? null : (catalog.live.get(known) ?? null)]),
    );

  it("changes nothing before the content of unknown and changed files is compared", () => {
    const catalog = listedCatalog(["a", "b"]);
    const step = catalog.append(catalog.walk("second", recognizing), [image("a"), image("b", "touched"), image("c")]);
    expect(step.kind === "unrecognized" && step.files.map(({ found, known }) => [found.path, known?.ordinal])).toEqual([
      ["b", 1],
      ["c", undefined],
    ]);
  });

  it("compares none in the first walk", () => {
    const catalog = new Catalog();
    const step = catalog.append(catalog.walk("first", recognizing), [image("a")]);
    expect(summaryOf(step)).toMatchObject({ added: ["a 0"] });
  });

  it("leaves a renamed and a touched image its ordinal", () => {
    const catalog = listedCatalog(["a", "b"]);
    const listing = catalog.walk("second", recognizing);
    const recognized = contents(catalog, { a: "a", c: "b" });
    const step = catalog.append(listing, [image("a", "touched"), image("c")], recognized);
    expect(summaryOf(step)).toEqual({ unchanged: [], replaced: [], added: [], listed: [], moved: ["a 0", "c 1"] });
    expect([listing.seenBefore, listing.remaining]).toEqual([2, 0]);
  });

  it("follows two images that have exchanged their names", () => {
    const catalog = listedCatalog(["a", "b"]);
    const recognized = contents(catalog, { a: "b", b: "a" });
    const found = [image("a", "b as it was"), image("b", "a as it was")];
    expect(summaryOf(catalog.append(catalog.walk("second", recognizing), found, recognized))).toMatchObject({
      replaced: [],
      added: [],
      moved: ["a 1", "b 0"],
    });
    expect(catalog.ordinals()).toEqual({ a: 1, b: 0 });
  });

  it("gives one of two copies the ordinal of the content that has vanished", () => {
    const catalog = listedCatalog(["a"]);
    const recognized = contents(catalog, { b: "a", c: "a" });
    const step = catalog.append(catalog.walk("second", recognizing), [image("b"), image("c")], recognized);
    expect(summaryOf(step)).toMatchObject({ added: ["c 1"], moved: ["b 0"] });
  });

  it("replaces an image whose place another content has", () => {
    const catalog = listedCatalog(["a"]);
    const recognized = contents(catalog, { a: null });
    const step = catalog.append(catalog.walk("second", recognizing), [image("a", "edited")], recognized);
    expect(summaryOf(step)).toMatchObject({ replaced: [0], added: ["a 1"] });
  });

  it("reads unchanged files again where it is to", () => {
    const catalog = listedCatalog(["a", "b"]);
    const listing = catalog.walk("second", { recognizes: true, rereads: true });
    const found = [image("a"), image("b")];
    expect(catalog.append(listing, found).kind).toBe("unrecognized");
    const recognized = contents(catalog, { a: "a", b: null });
    expect(summaryOf(catalog.append(listing, found, recognized))).toMatchObject({
      unchanged: [0],
      replaced: [1],
      added: ["b 2"],
    });
  });
});
