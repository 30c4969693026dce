import { expect, it } from "vitest";
import { printable } from "./output.ts";

it.each([
  ["emoji 📷.jpg", "emoji 📷.jpg"],
  ["new\nline.jpg", '"new\\nline.jpg"'],
  ["\u001b[2J.jpg", '"\\u001b[2J.jpg"'],
  ["\u202egpj.exe", '"\\u202egpj.exe"'],
  ["caf\udce9.jpg", '"caf\\udce9.jpg"'],
  ['quote".jpg', '"quote\\".jpg"'],
])("a file name %j is printed as %s", (name, text) => {
  expect(printable(name)).toBe(text);
});
