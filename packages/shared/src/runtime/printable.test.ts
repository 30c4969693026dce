import { expect, it } from "vitest";
import { printableLine, printableName, printableText } from "./printable.ts";

it.each([
  ["plain.jpg", "plain.jpg"],
  ["caf\u00e9 \u5199\u771f \u{1f600}.jpg", "caf\u00e9 \u5199\u771f \u{1f600}.jpg"],
  ["\u{1f468}\u200d\u{1f469}.jpg", "\u{1f468}\u200d\u{1f469}.jpg"],
  ["\u001b]0;x\u0007", '"\\u001b]0;x\\u0007"'],
  ["\u009b2J", '"\\u009b2J"'],
  ["a\nkeep  b.jpg", '"a\\nkeep  b.jpg"'],
  ["\u202egpj.exe", '"\\u202egpj.exe"'],
  ["\u200f\u061c\ufeff\u2066", '"\\u200f\\u061c\\ufeff\\u2066"'],
  ["\u{e0041}", '"\\udb40\\udc41"'],
  ["half \ud800", '"half \\ud800"'],
  ['a"b\\c', '"a\\"b\\\\c"'],
])("the name %j is printed as %s", (name, shown) => expect(printableName(name)).toBe(shown));

it("a line stays one line, a text keeps its lines", () => {
  expect(printableLine("a\nb\u001b")).toBe("a\\u000ab\\u001b");
  expect(printableText("a\nb\u001b")).toBe("a\nb\\u001b");
});
