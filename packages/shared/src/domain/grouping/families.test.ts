import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PairKind } from "../image/pair-kind.ts";
import { groupByMasters } from "./families.ts";
import type { Family } from "./family.ts";
import { isAcceptedByRule, kindOfFamily } from "./family-kind.ts";
import type { Member } from "./keeper.ts";
import { isCopyKind, isEqualKind, isWholeCopy, type Relation } from "./relation.ts";

const member = (ordinal: number, facts: Member["facts"] = {}, more: Partial<Member> = {}): Member => ({
  ordinal,
  path: `${String(ordinal).padStart(3, "0")}.jpg`,
  fingerprint: "",
  contentDigest: `digest-${ordinal}`,
  modifiedAt: "2024-01-01T00:00:00.000Z",
  fileId: null,
  facts: { width: 4_000, height: 3_000, bytes: 1_000, format: "jpeg", ...facts },
  ...more,
});

const relation = (a: number, b: number, kind: PairKind, source: Relation["source"] = null): Relation => ({
  a,
  b,
  kind,
  probability: 0.99,
  source,
});

const small = { width: 800, height: 600 };
const summary = (families: readonly Family[]) =>
  families.map(({ master, reason, members }) => ({
    master,
    reason,
    members: Object.fromEntries(
      members.map(({ ordinal, kind, via }) => [ordinal, via === null ? kind : `${kind} via ${via}`]),
    ),
  }));

describe("families around masters", () => {
  it("have all copies of a picture, each with what it is to the master", () => {
    const members = [member(0, small), member(1), member(2, { ...small, bytes: 5 }), member(3, small)];
    const relations = [relation(0, 1, "resized"), relation(1, 2, "cropped", "a"), relation(3, 1, "toned")];
    expect(summary(groupByMasters(members, relations))).toEqual([
      { master: 1, reason: "highest-resolution", members: { 0: "resized", 2: "cropped", 3: "toned" } },
    ]);
  });

  it("do not chain strangers: what is only similar to a changed copy is in no family with the master", () => {
    const members = [member(0), member(1, small), member(2, { width: 400, height: 300 })];
    const relations = [relation(0, 1, "toned"), relation(1, 2, "toned")];
    expect(summary(groupByMasters(members, relations))).toEqual([
      { master: 0, reason: "highest-resolution", members: { 1: "toned" } },
    ]);
  });

  it("have what was compared with a whole copy of the master only, and say so", () => {
    const members = [member(0), member(1, small), member(2, { width: 400, height: 300 })];
    const relations = [relation(0, 1, "resized"), relation(1, 2, "cropped", "a")];
    expect(summary(groupByMasters(members, relations))).toEqual([
      { master: 0, reason: "highest-resolution", members: { 1: "resized", 2: "cropped via 1" } },
    ]);
  });

  it.each(["similar", "burst"] as const)("do not have what was compared with the master and is %s", (kind) => {
    const members = [member(0), member(1, small), member(2, { width: 400, height: 300 })];
    const relations = [relation(0, 1, "resized"), relation(1, 2, "re-encoded"), relation(0, 2, kind)];
    expect(summary(groupByMasters(members, relations))).toEqual([
      { master: 0, reason: "highest-resolution", members: { 1: "resized" } },
    ]);
  });

  it("are around the whole and the unframed picture, though a screenshot has more pixels", () => {
    const members = [member(0, { width: 9_000 }), member(1), member(2, small)];
    const relations = [relation(0, 1, "framed", "b"), relation(1, 2, "cropped", "a")];
    expect(summary(groupByMasters(members, relations))).toEqual([
      { master: 1, reason: "whole", members: { 0: "framed", 2: "cropped" } },
    ]);
  });

  it("are around the picture that most others name as their source, though one says otherwise", () => {
    const members = [member(0), member(1, small), member(2, small), member(3, small)];
    const wrong = relation(0, 3, "framed", "b");
    const relations = [relation(0, 1, "cropped", "a"), relation(0, 2, "cropped", "a"), wrong];
    expect(summary(groupByMasters(members, relations))).toEqual([
      { master: 0, reason: "highest-resolution", members: { 1: "cropped", 2: "cropped", 3: "framed" } },
    ]);
  });

  it("have a collage once, with the picture that it shows best", () => {
    const members = [member(0), member(1), member(2)];
    const relations = [
      { ...relation(2, 0, "framed", "b"), probability: 0.7 },
      { ...relation(2, 1, "framed", "b"), probability: 0.9 },
    ];
    expect(summary(groupByMasters(members, relations))).toEqual([
      { master: 1, reason: "whole", members: { 2: "framed" } },
    ]);
  });

  it("keep images with equal bytes in one family, where they have the relations of each other", () => {
    const same = { contentDigest: "same" };
    const members = [member(0, {}, same), member(1, small), member(2, {}, same)];
    expect(summary(groupByMasters(members, [relation(2, 1, "resized")]))).toEqual([
      { master: 0, reason: "first-path", members: { 1: "resized", 2: "identical" } },
    ]);
  });

  it("are divided where owners have separated two images", () => {
    const members = [member(0), member(1, small), member(2, { ...small, bytes: 1 })];
    const relations = [relation(0, 1, "resized"), relation(0, 2, "resized"), relation(1, 2, "re-encoded")];
    const separated = new Map([
      [0, new Set([1])],
      [1, new Set([0])],
    ]);
    expect(summary(groupByMasters(members, relations, separated))).toEqual([
      { master: 0, reason: "highest-resolution", members: { 2: "resized" } },
    ]);
  });

  it("take in what nobody could look at, as unverified, and are not joined by it", () => {
    const members = [member(0), member(1, small), member(2), member(3, small), member(4), member(5), member(6, small)];
    const relations = [
      ...[relation(0, 1, "resized"), relation(2, 3, "resized")],
      ...[relation(1, 4, "unverified"), relation(3, 4, "unverified"), relation(0, 2, "unverified")],
      relation(5, 6, "unverified"),
    ];
    expect(summary(groupByMasters(members, relations))).toEqual([
      { master: 0, reason: "highest-resolution", members: { 1: "resized", 4: "unverified via 1" } },
      { master: 2, reason: "highest-resolution", members: { 3: "resized" } },
      { master: 5, reason: "highest-resolution", members: { 6: "unverified" } },
    ]);
  });

  it("do not take in what somebody looked at with the master, though a copy of the master is alike", () => {
    const members = [member(0), member(1, small), member(2)];
    const relations = [relation(0, 1, "resized"), relation(1, 2, "unverified"), relation(0, 2, "similar")];
    expect(summary(groupByMasters(members, relations))).toEqual([
      { master: 0, reason: "highest-resolution", members: { 1: "resized" } },
    ]);
  });

  it("name the two images that were looked at", () => {
    const same = { contentDigest: "same" };
    const members = [member(0, {}, same), member(1, small), member(2, {}, same)];
    const [family] = groupByMasters(members, [relation(2, 1, "resized")]);
    expect(family?.members.map(({ pair }) => pair)).toEqual([{ a: 1, b: 2 }, null]);
  });

  it("throw where a relation is of an unknown image", () => {
    expect(() => groupByMasters([member(0)], [relation(0, 7, "toned")])).toThrow("image 7");
  });
});

describe("the master of a family", () => {
  it.each<[string, Partial<Member> & { facts?: Member["facts"] }, Partial<Member> & { facts?: Member["facts"] }]>([
    ["camera-facts", { facts: { bytes: 9_000 } }, { facts: { camera: "Canon EOS 80D" } }],
    ["original-format", { facts: { bytes: 9_000, format: "png" }, jpegGrid: 8 }, {}],
    ["highest-resolution", { facts: { width: 8_000, height: 6_000, format: "png" }, jpegGrid: 24 }, {}],
    ["undamaged", { facts: { bytes: 9_000, damaged: "its end is missing" } }, {}],
    ["most-bytes", {}, { facts: { bytes: 2_000 } }],
  ])("is chosen by %s", (reason, first, second) => {
    const members = [first, second].map(({ facts, ...more }, ordinal) => member(ordinal, facts, more));
    expect(summary(groupByMasters(members, [relation(0, 1, "re-encoded")]))).toEqual([
      { master: 1, reason, members: { 0: "re-encoded" } },
    ]);
  });

  it("is the JPEG of equal pixels: one that was made from another format has lost some", () => {
    const members = [member(0, { format: "png", bytes: 9_000 }), member(1)];
    expect(summary(groupByMasters(members, [relation(0, 1, "same-pixels")]))).toEqual([
      { master: 1, reason: "original-format", members: { 0: "same-pixels" } },
    ]);
  });
});

describe("the kind of a family", () => {
  const familyOf = (members: readonly Member[], relations: readonly Relation[]): Family => {
    const [family] = groupByMasters(members, relations);
    if (family === undefined) throw new Error("there is no family");
    return family;
  };
  const same = { contentDigest: "same" };

  it.each<[string, Member[], Relation[]]>([
    ["toned", [member(0), member(1), member(2)], [relation(0, 1, "re-encoded"), relation(0, 2, "toned")]],
    ["damaged", [member(0), member(1, { damaged: "its end is missing" })], [relation(0, 1, "re-encoded")]],
    ["partial", [member(0, { pages: 3 }), member(1)], [relation(0, 1, "re-encoded")]],
    ["unverified", [member(0), member(1), member(2)], [relation(0, 1, "toned"), relation(0, 2, "unverified")]],
    ["identical", [member(0, { pages: 3 }, same), member(1, { pages: 3 }, same)], []],
  ])("is %s", (kind, members, relations) => {
    expect(kindOfFamily(members, familyOf(members, relations))).toBe(kind);
  });

  it("does not let a rule remove what was compared with a copy only", () => {
    const members = [member(0), member(1, small), member(2, { width: 400, height: 300 }), member(3)];
    const relations = [relation(0, 1, "resized"), relation(1, 2, "re-encoded"), relation(0, 3, "toned")];
    const byRule = familyOf(members, relations).members.filter(isAcceptedByRule);
    expect(byRule.map(({ ordinal }) => ordinal)).toEqual([1]);
  });
});

const COUNT = 12;
const anyMember = (ordinal: number) =>
  fc
    .record({ width: fc.constantFrom(100, 200), digest: fc.nat(30), format: fc.constantFrom("jpeg", "png") })
    .map(({ width, digest, format }) =>
      member(ordinal, { width, height: 100, format }, { contentDigest: `digest-${digest}` }),
    );
const anyRelation = (from: number) =>
  fc.record({
    a: fc.integer({ min: from, max: from + COUNT - 1 }),
    b: fc.integer({ min: from, max: from + COUNT - 1 }),
    kind: fc.constantFrom(...PairKind.options),
    probability: fc.constantFrom(0.6, 0.9, 1),
    source: fc.constantFrom<Relation["source"][]>("a", "b", null),
  });
const inputs = (from = 0) =>
  fc.record({
    members: fc.tuple(...Array.from({ length: COUNT }, (_, index) => anyMember(from + index))),
    relations: fc.array(anyRelation(from), { maxLength: 24 }).map((list) => list.filter(({ a, b }) => a !== b)),
  });
const shuffled = <Item>(list: readonly Item[]) => fc.shuffledSubarray([...list], { minLength: list.length });
const turned = ({ a, b, source, ...relation }: Relation): Relation => ({
  ...relation,
  a: b,
  b: a,
  source: source === null ? null : source === "a" ? "b" : "a",
});

describe("any images and relations", () => {
  it("give the same families in any order, whichever image is named first", () => {
    const both = inputs().chain(({ members, relations }) =>
      fc.record({
        members: fc.constant(members),
        relations: fc.constant(relations),
        otherMembers: shuffled(members),
        otherRelations: shuffled(relations.map((one, index) => (index % 2 === 0 ? one : turned(one)))),
      }),
    );
    fc.assert(
      fc.property(both, ({ members, relations, otherMembers, otherRelations }) => {
        const families = JSON.stringify(groupByMasters(members, relations));
        expect(JSON.stringify(groupByMasters(otherMembers, otherRelations))).toBe(families);
      }),
      { numRuns: 100 },
    );
  });

  it("give families whose members each have a relation to their master, and no image twice", () => {
    fc.assert(
      fc.property(inputs(), ({ members, relations }) => {
        const digestOf = new Map(members.map(({ ordinal, contentDigest }) => [ordinal, contentDigest]));
        const families = groupByMasters(members, relations);
        const all = families.flatMap(({ master, members: others }) => [
          master,
          ...others.map(({ ordinal }) => ordinal),
        ]);
        expect(new Set(all).size).toBe(all.length);
        for (const { master, members: others } of families) {
          const equalTo = equalsOf(digestOf, relations);
          const between = (x: number, y: number) =>
            relations.filter(
              ({ a, b }) => (equalTo(a).has(x) && equalTo(b).has(y)) || (equalTo(a).has(y) && equalTo(b).has(x)),
            );
          for (const { ordinal, kind, via } of others) {
            if (equalTo(master).has(ordinal)) continue;
            const looked = between(ordinal, via ?? master);
            if (kind === "unverified") {
              expect(looked.map((one) => one.kind)).toContain("unverified");
              continue;
            }
            expect(looked.some((one) => isCopyKind(one.kind))).toBe(true);
            if (via === null) continue;
            expect(between(via, master).some((one) => isWholeCopy(one.kind))).toBe(true);
            expect(between(ordinal, master).filter((one) => one.kind !== "unverified")).toEqual([]);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it("give the families of each connected part alone", () => {
    fc.assert(
      fc.property(inputs(), inputs(COUNT), (one, other) => {
        const own = one.members.map((each) => ({ ...each, contentDigest: `one ${each.contentDigest}` }));
        const both = groupByMasters([...other.members, ...own], [...other.relations, ...one.relations]);
        expect(both).toEqual([
          ...groupByMasters(own, one.relations),
          ...groupByMasters(other.members, other.relations),
        ]);
      }),
      { numRuns: 60 },
    );
  });
});

/** The images that are equal to one, by bytes or by relations; with itself. */
const equalsOf =
  (digestOf: ReadonlyMap<number, string | null>, relations: readonly Relation[]) =>
  (ordinal: number): ReadonlySet<number> => {
    const equal = new Set([ordinal]);
    // The set grows while it is iterated over.
    for (const one of equal) {
      for (const [other, digest] of digestOf) if (digest === digestOf.get(one)) equal.add(other);
      for (const { a, b, kind } of relations)
        if (isEqualKind(kind)) {
          if (a === one) equal.add(b);
          if (b === one) equal.add(a);
        }
    }
    return equal;
  };
