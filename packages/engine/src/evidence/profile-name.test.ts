import sharp from "sharp";
import { expect, it } from "vitest";
import { profileName } from "./profile-name.ts";

const profileOf = async (name: string): Promise<Buffer> => {
  const picture = sharp({ create: { width: 8, height: 8, channels: 3, background: "#888" } });
  const { icc } = await sharp(await picture.withIccProfile(name).png().toBuffer()).metadata();
  if (icc === undefined) throw new Error("sharp wrote no profile");
  return icc;
};

/** A profile of one tag. */
const profileWith = (tag: Buffer): Buffer => {
  const head = Buffer.alloc(128 + 4 + 12);
  head.writeUInt32BE(1, 128);
  head.write("desc", 132, "latin1");
  head.writeUInt32BE(head.length, 136);
  head.writeUInt32BE(tag.length, 140);
  return Buffer.concat([head, tag]);
};

it("is that of sharp's own profiles", async () => {
  expect(profileName(await profileOf("p3"))).toMatch(/P3|sP3C/);
});

it("is read from both versions of the tag", () => {
  const ascii = Buffer.from("desc\0\0\0\0\0\0\0\x0cAdobe RGB.\0\0", "latin1");
  expect(profileName(profileWith(ascii))).toBe("Adobe RGB.");
  const text = Buffer.from("Display P3", "utf16le").swap16();
  const names = Buffer.alloc(28);
  names.write("mluc", 0, "latin1");
  for (const [value, from] of [
    [1, 8],
    [12, 12],
    [text.length, 20],
    [28, 24],
  ] as const)
    names.writeUInt32BE(value, from);
  expect(profileName(profileWith(Buffer.concat([names, text])))).toBe("Display P3");
});

it("is null where there is none, and no part of a profile fails", async () => {
  const profile = await profileOf("p3");
  for (let end = 0; end < profile.length; end += 1) profileName(profile.subarray(0, end));
  expect([profileName(Buffer.alloc(0)), profileName(Buffer.alloc(500)), profileName(Buffer.alloc(500, 255))]).toEqual([
    null,
    null,
    null,
  ]);
});
