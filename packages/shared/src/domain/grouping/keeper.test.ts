import { describe, expect, it } from "vitest";
import { chooseKeeper, kindOf, type Member } from "./keeper.ts";

const member = (ordinal: number, facts: Member["facts"] = {}, more: Partial<Member> = {}): Member => ({
  ordinal,
  path: `${ordinal}.jpg`,
  fingerprint: "",
  contentDigest: `digest-${ordinal}`,
  modifiedAt: "2024-01-01T00:00:00.000Z",
  fileId: null,
  facts: { width: 4_000, height: 3_000, bytes: 1_000, ...facts },
  ...more,
});

describe("the keeper", () => {
  it.each([
    ["highest-resolution", [member(0, { width: 800, height: 600, bytes: 9_999 }), member(1)], 1],
    ["undamaged", [member(0, { bytes: 9_999, damaged: "its end is missing" }), member(1, { width: 400 })], 1],
    ["holds-more", [member(0, { width: 8_000 }), member(1, { film: true })], 1],
    ["most-bytes", [member(0), member(1, { bytes: 2_000 })], 1],
    [
      "plain-name",
      [member(0, {}, { path: "a (1).jpg", modifiedAt: "2020-01-01T00:00:00.000Z" }), member(1, {}, { path: "b.jpg" })],
      1,
    ],
    ["oldest", [member(0, { takenAt: "2024-05-02T10:00:00" }), member(1, { takenAt: "2023-05-02T10:00:00" })], 1],
    ["oldest", [member(0), member(1, {}, { modifiedAt: "2020-01-01T00:00:00.000Z" })], 1],
    ["first-path", [member(0, {}, { path: "b.jpg" }), member(1, {}, { path: "a.jpg" })], 1],
  ])("is chosen by %s", (reason, members, ordinal) => {
    const choice = chooseKeeper(members as Member[]);
    expect([choice.reason, choice.keeper.ordinal]).toEqual([reason, ordinal]);
  });

  it("does not depend on the order of the members", () => {
    const members = [member(3), member(1, { bytes: 5 }), member(2)];
    expect(chooseKeeper([...members].reverse())).toEqual(chooseKeeper(members));
  });
});

describe("the kind of a group", () => {
  const camera = { camera: "Canon EOS 80D" };

  it.each<[string, Member[]]>([
    ["exact", [member(0, {}, { contentDigest: "same" }), member(1, {}, { contentDigest: "same" })]],
    ["damaged", [member(0, { damaged: "its end is missing" }), member(1)]],
    ["damaged", [0, 1].map((ordinal) => member(ordinal, { damaged: "its end is missing" }, { contentDigest: "same" }))],
    ["partial", [member(0, { pages: 3, moreDigest: "a" }), member(1, { pages: 2, moreDigest: "b" })]],
    ["partial", [member(0, { pages: 3, moreDigest: "a" }), member(1)]],
    ["partial", [member(0), member(1, { film: true, moreDigest: "a" })]],
    ["partial", [member(0, { pages: 99 }), member(1, { pages: 99 })]],
    ["exact", [0, 1].map((ordinal) => member(ordinal, { pages: 99 }, { contentDigest: "same" }))],
    ["variant", [member(0, { pages: 3, moreDigest: "a" }), member(1, { pages: 3, moreDigest: "a" })]],
    ["variant", [member(0), member(1, { width: 1_000, height: 750 })]],
    ["derivative", [member(0), member(1, { width: 3_000, height: 3_000 })]],
    [
      "burst",
      [
        member(0, { ...camera, takenAt: "2024-05-02T10:00:00" }),
        member(1, { ...camera, takenAt: "2024-05-02T10:00:02" }),
      ],
    ],
    [
      "variant",
      [
        member(0, { ...camera, takenAt: "2024-05-02T10:00:00" }),
        member(1, { ...camera, takenAt: "2024-05-02T10:00:00" }),
      ],
    ],
    [
      "variant",
      [
        member(0, { ...camera, takenAt: "2024-05-02T10:00:00" }),
        member(1, { ...camera, takenAt: "2024-05-02T11:00:00" }),
      ],
    ],
  ])("%s", (kind, members) => {
    expect(kindOf(members)).toBe(kind);
  });

  it("is near-duplicate where sizes are unknown", () => {
    const unknown = (ordinal: number): Member => ({
      ordinal,
      path: "",
      fingerprint: "",
      contentDigest: null,
      modifiedAt: null,
      fileId: null,
      facts: {},
    });
    expect(kindOf([unknown(0), unknown(1)])).toBe("near-duplicate");
  });
});
