import { gzipSync } from "node:zlib";
import { type Bombs, MB } from "./parts.ts";

const svgOf = (body: string, size = 'width="100" height="100"', before = ""): Buffer =>
  Buffer.from(
    `<?xml version="1.0"?>${before}<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:xi="http://www.w3.org/2001/XInclude" ${size}>${body}</svg>`,
  );
const LAUGHS = Array.from({ length: 9 }, (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`).join("");
const USES = Array.from(
  { length: 24 },
  (_, n) => `<g id="u${n + 1}"><use xlink:href="#u${n}"/><use xlink:href="#u${n}"/></g>`,
).join("");
const SQUARE = '<rect width="60" height="40" fill="#c33"/>';

export const svgs: Bombs = {
  "a thousand million laughs": () =>
    svgOf(`<text y="50">&l9;</text>`, undefined, `<!DOCTYPE svg [<!ENTITY l0 "ha">${LAUGHS}]>`),
  "entity of a file": () =>
    svgOf(`${SQUARE}<text y="50">&x;</text>`, undefined, `<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>`),
  "a document type on another machine": () =>
    svgOf(SQUARE, undefined, `<!DOCTYPE svg SYSTEM "http://192.0.2.1/x.dtd">`),
  "a file by XInclude": () =>
    svgOf(`${SQUARE}<text y="50"><xi:include href="file:///etc/passwd" parse="text"/></text>`),
  "a picture by its path": () =>
    svgOf(`${SQUARE}<image href="file:///usr/share/pixmaps/debian-logo.png" width="90" height="90"/>`),
  "a picture on another machine": () => svgOf(`${SQUARE}<image href="http://192.0.2.1/a.png" width="90" height="90"/>`),
  "a style sheet by its path": () => svgOf(`<style>@import url("file:///etc/passwd");</style>${SQUARE}`),
  "itself as its picture": () => svgOf(`${SQUARE}<use xlink:href="#a"/><g id="a"><use xlink:href="#a"/></g>`),
  "2^24 uses": () => svgOf(`<defs><rect id="u0" width="9" height="9"/>${USES}</defs><use xlink:href="#u24"/>`),
  "a size of 2^31": () => svgOf(SQUARE, 'width="2147483647" height="2147483647"'),
  "a size of nothing": () => svgOf(SQUARE, 'width="0" height="0"'),
  "no size at all": () => svgOf("", ""),
  "200,000 groups in one another": () => svgOf(`${"<g>".repeat(200_000)}${SQUARE}${"</g>".repeat(200_000)}`),
  "a blur of a million pixels": () =>
    svgOf(
      '<filter id="f"><feGaussianBlur stdDeviation="1000000"/></filter><rect width="90" height="90" filter="url(#f)"/>',
    ),
  "a hundred filters of a large area": () =>
    svgOf(
      `<filter id="f" x="0" y="0" width="1" height="1">${'<feTurbulence baseFrequency="0.9" numOctaves="9"/>'.repeat(100)}</filter><rect width="2000" height="2000" filter="url(#f)"/>`,
      'width="2000" height="2000"',
    ),
  "a pattern in itself": () =>
    svgOf(
      '<pattern id="p" width="1" height="1"><rect width="1" height="1" fill="url(#p)"/></pattern><rect width="90" height="90" fill="url(#p)"/>',
    ),
  "20 MB of a path": () => svgOf(`<path d="M0 0${" L9 9 1 1".repeat(2_200_000)}"/>`),
  "a gigabyte of blanks, packed": () => gzipSync(svgOf(SQUARE + " ".repeat(400 * MB)), { level: 9 }),
};
