import { expect, it } from "vitest";
import { checkKeeper, checkMasters } from "./check-keeper.ts";
import { chooseKeeper, kindOf, type Member } from "./keeper.ts";
import type { Relation } from "./relation.ts";

const member = (ordinal: number, facts: Member["facts"] = {}, contentDigest = `digest-${ordinal}`): Member => ({
  ordinal,
  path: `${ordinal}.jpg`,
  fingerprint: "",
  contentDigest,
  modifiedAt: null,
  fileId: null,
  facts: { width: 400, height: 300, bytes: 100, format: "jpeg", ...facts },
});

it("reads the keeper's file, and the next one's where it is damaged", async () => {
  const read: number[] = [];
  const members = [member(0, { bytes: 300 }), member(1, { bytes: 200 }), member(2)];
  const checked = await checkKeeper(members, async ({ ordinal }) => {
    read.push(ordinal);
    return new Map(ordinal === 0 ? [[0, "a code is wrong"]] : []);
  });
  expect(read).toEqual([0, 1]);
  expect(chooseKeeper(checked)).toMatchObject({ reason: "most-bytes", keeper: { ordinal: 1 } });
  expect(kindOf(checked)).toBe("damaged");
});

it("reads files of one size together, and marks all that have the same bytes", async () => {
  const members = [member(0), member(1), member(2, {}, "digest-1"), member(3, { bytes: 90 })];
  const checked = await checkKeeper(
    members,
    async (_, sameSize) => new Map(sameSize.slice(0, 1).map(({ ordinal }) => [ordinal, "wrong"])),
  );
  expect(checked.map(({ facts }) => facts.damaged)).toEqual([undefined, "wrong", "wrong", undefined]);
});

it("reads nothing where all bytes are equal, or the format is not read", async () => {
  const never = () => Promise.reject(new Error("read"));
  const equal = [member(0, {}, "same"), member(1, {}, "same")];
  expect(await checkKeeper(equal, never)).toEqual(equal);
  const png = [member(0, { format: "png", bytes: 900 }), member(1)];
  expect(await checkKeeper(png, never)).toEqual(png);
});

it("reads the files of masters, and another one is the master where one is damaged", async () => {
  const read: number[] = [];
  const members = [member(0, { bytes: 300 }), member(1, { bytes: 200 }), member(2)];
  const relation = (a: number, b: number) =>
    ({ a, b, kind: "re-encoded", probability: 0.99, source: null }) satisfies Relation;
  const part = { members, relations: [relation(0, 1), relation(0, 2), relation(1, 2)] };
  const checked = await checkMasters(part, new Map(), async ({ ordinal }) => {
    read.push(ordinal);
    return new Map(ordinal === 0 ? [[0, "a code is wrong"]] : []);
  });
  expect(read).toEqual([0, 1]);
  expect(checked.families.map(({ master, reason }) => [master, reason])).toEqual([[1, "most-bytes"]]);
  expect(checked.members.map(({ facts }) => facts.damaged)).toEqual(["a code is wrong", undefined, undefined]);
});
