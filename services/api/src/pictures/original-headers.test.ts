import { expect, it } from "vitest";
import { originalHeaders } from "./original-headers.ts";

it.each(["jpeg", "png", "webp", "gif", "avif"])("a picture of format %s is shown as one", (format) =>
  expect(originalHeaders("a/b.svg", format)).toMatchObject({
    "content-type": `image/${format}`,
    "content-disposition": "inline; filename*=UTF-8''b.svg",
  }),
);

it.each(["svg", "svg+xml", "xml", "html", "pdf", "tiff", "jxl", undefined])(
  "a file of format %s is only downloaded, whatever its name is",
  (format) =>
    expect(originalHeaders("a/b.jpg", format)).toEqual({
      "content-type": "application/octet-stream",
      "content-disposition": "attachment; filename*=UTF-8''b.jpg",
      "content-security-policy": expect.stringMatching(/^default-src 'none'.*sandbox$/),
    }),
);

it("a name can't end its header or begin another one", () => {
  const { "content-disposition": disposition = "" } = originalHeaders(
    'x\r\nset-cookie: a=1; "\u202e\ud800.jpg',
    "jpeg",
  );
  expect(disposition).toMatch(/^inline; filename\*=UTF-8''[\w.%-]+$/);
});
