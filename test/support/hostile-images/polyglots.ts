import type { HostileImage } from "./mutations.ts";
import type { Seed } from "./seeds.ts";

/** Files that are of two formats at once. */
export const polyglots = (seeds: readonly Seed[]): HostileImage[] => {
  const archive = Buffer.concat([
    Buffer.from("PK\x03\x04", "latin1"),
    Buffer.alloc(200),
    Buffer.from("PK\x05\x06", "latin1"),
    Buffer.alloc(18),
  ]);
  const page = Buffer.from("<html><script>alert(1)</script></html>");
  const document = Buffer.from("%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>");
  return seeds.flatMap(({ name, bytes }) => [
    { name: `${name}, and a ZIP archive`, bytes: () => Buffer.concat([bytes, archive]) },
    { name: `${name}, and a page`, bytes: () => Buffer.concat([bytes, page]) },
    { name: `${name}, after a PDF document`, bytes: () => Buffer.concat([document, bytes]) },
    { name: `${name}, after a script`, bytes: () => Buffer.concat([Buffer.from("#!/bin/sh\n"), bytes]) },
  ]);
};
