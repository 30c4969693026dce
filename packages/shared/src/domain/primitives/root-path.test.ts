import fc from "fast-check";
import { expect, it } from "vitest";
import { rootBytes, rootOfBytes } from "./root-path.ts";

it("a root is its path, and a file URL where the path is not valid UTF-8", () => {
  expect(rootOfBytes(Buffer.from("/photos/café 100%"))).toBe("/photos/café 100%");
  expect(rootOfBytes(Buffer.from("/photos/caf\xe9 %", "latin1"))).toBe("file:///photos/caf%E9%20%25");
  const bytes = fc.uint8Array({ maxLength: 40 }).map((path) => Buffer.concat([Buffer.from("/"), path]));
  fc.assert(fc.property(bytes, (path) => rootBytes(rootOfBytes(path)).equals(path)));
});
