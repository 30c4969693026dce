import { oneLine } from "@lookalike/shared/domain/primitives/text";

const TAGS_FROM = 128;
const TAG_BYTES = 12;
const MAX_TAGS = 100;
const NAME_CHARACTERS = 64;

/**
 * The name of an ICC profile: its tag `desc`, as text of version 2 or as the first of the names of version 4 (ICC.1:2022, sections 9.2.41 and 10.15).
 * @returns null where the profile has none, or is broken
 */
export const profileName = (profile: Buffer): string | null => {
  if (profile.length < TAGS_FROM + 4) return null;
  const tags = Math.min(profile.readUInt32BE(TAGS_FROM), MAX_TAGS);
  for (let index = 0; index < tags; index += 1) {
    const from = TAGS_FROM + 4 + index * TAG_BYTES;
    if (from + TAG_BYTES > profile.length) return null;
    if (profile.toString("latin1", from, from + 4) !== "desc") continue;
    const start = profile.readUInt32BE(from + 4);
    const name = nameOf(profile.subarray(start, start + profile.readUInt32BE(from + 8)));
    return name === null || name === "" ? null : name;
  }
  return null;
};

const nameOf = (tag: Buffer): string | null => {
  const type = tag.toString("latin1", 0, 4);
  if (type === "desc" && tag.length >= 12)
    return oneLine(tag.toString("latin1", 12, 12 + tag.readUInt32BE(8)).replace(/\0.*/s, ""), NAME_CHARACTERS);
  if (type !== "mluc" || tag.length < 28) return null;
  const [length, from] = [tag.readUInt32BE(20), tag.readUInt32BE(24)];
  const name = Buffer.from(tag.subarray(from, from + Math.min(length, 4 * NAME_CHARACTERS)));
  return oneLine(
    name
      .subarray(0, name.length & ~1)
      .swap16()
      .toString("utf16le")
      .replace(/\0.*/s, ""),
    NAME_CHARACTERS,
  );
};
