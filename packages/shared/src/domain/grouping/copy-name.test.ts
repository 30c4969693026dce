import { expect, it } from "vitest";
import { isCopyName } from "./copy-name.ts";

it.each([
  "a (1).jpg",
  "a(2).jpg",
  "a copy.jpg",
  "a copy 2.jpg",
  "a - Copy.jpg",
  "a - Copy (3).JPG",
  "a_copy.jpg",
  "Copy of a.jpg",
  "Copy (2) of a.jpg",
  "album/Kopie von a.jpg",
  "a - Kopie.jpg",
  "a Kopie 2.jpg",
  "a - Copie.jpg",
  "Copie de a.jpg",
  "a - copia.jpg",
  "a - Cópia.jpg",
  "Копия a.jpg",
  "a — копия.jpg",
  "aのコピー.jpg",
  "a - コピー (2).jpg",
  "a 副本.jpg",
  "a - 복사본.jpg",
])("%s is a copy by its name", (name) => {
  expect(isCopyName(name)).toBe(true);
});

it.each([
  "a.jpg",
  "copyright.jpg",
  "photocopy.jpg",
  "copy.jpg",
  "copies/a.jpg",
  "a copy/b.jpg",
  "IMG_0001.jpg",
  "(1).jpg",
  "2019 (old).jpg",
  "kopf.jpg",
])("%s is none", (name) => {
  expect(isCopyName(name)).toBe(false);
});
