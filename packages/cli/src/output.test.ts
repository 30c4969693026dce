import type { Group } from "@lookalike/client";
import { afterEach, expect, it, vi } from "vitest";
import { createOutput, groupText, printableParts } from "./output.ts";

const HOSTILE = "\u001b]0;x\u0007\u009b2J\u202e\nkeep";
const PRINTABLE = /^[\x20-\x7e\n]*\n$/;

afterEach(() => vi.restoreAllMocks());

const printed = (isJson: boolean, value: unknown, text: string): string => {
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  createOutput(isJson).print(value, text);
  return String(write.mock.lastCall?.[0]);
};

it("nothing that a command prints reaches the terminal as a command, and its JSON means the same", () => {
  expect(printed(false, null, HOSTILE)).toMatch(PRINTABLE);
  const line = printed(true, { path: HOSTILE }, "");
  expect(line).toMatch(PRINTABLE);
  expect(JSON.parse(line)).toEqual({ path: HOSTILE });
});

it("neither a name nor a message in a group begins another line", () => {
  const member = {
    ordinal: 1,
    path: HOSTILE,
    distance: 0,
    sameFileAs: null,
    damaged: HOSTILE,
    kind: null,
    via: null,
    probability: null,
  };
  const group = { number: 1, kind: "exact", keeper: 1, decision: null, members: [member] };
  expect(groupText(group as unknown as Group).split("\n")).toHaveLength(2);
});

it("a file on a terminal is printable, also where a character is cut in two", async () => {
  const bytes = Buffer.from("caf\u00e9\u202e\n");
  let text = "";
  for await (const part of printableParts(
    (async function* () {
      yield bytes.subarray(0, 4);
      yield bytes.subarray(4);
    })(),
  ))
    text += part;
  expect(text).toBe("caf\u00e9\\u202e\n");
});
