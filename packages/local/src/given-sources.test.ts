import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { directorySource, Source } from "@lookalike/shared/domain/job/source";
import { SourceRoots } from "@lookalike/shared/sources/allowed-sources";
import { afterEach, beforeEach, expect, it } from "vitest";
import { givenSources } from "./given-sources.ts";

let data: string;
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), "lookalike-given-"));
});
afterEach(() => rm(data, { recursive: true }));

const none = async () => [];

it("what starts were given stays readable, each folder and bucket once", async () => {
  const bucket = Source.parse({ kind: "s3", bucket: "photos", prefix: "2019/" });
  await givenSources(data, directorySource("/home/a/Pictures"), none, {});
  await givenSources(data, bucket, none, {});
  await givenSources(data, directorySource("/home/a/Pictures"), none, {});
  expect(await givenSources(data, { kind: "hashes", file: "/b.ndjson" }, none, {})).toEqual({
    LOOKALIKE_SOURCE_ROOTS: "/home/a/Pictures:/b.ndjson",
    LOOKALIKE_SOURCE_BUCKETS: "photos",
  });
  expect(await readFile(join(data, "sources"), "utf8")).toBe("/home/a/Pictures\ns3://photos\n/b.ndjson\n");
});

it("the environment adds to them, and any path is one entry", async () => {
  const environment = { LOOKALIKE_SOURCE_ROOTS: "/media/disk:acme=/srv/acme", LOOKALIKE_SOURCE_BUCKETS: "acme=photos" };
  const given = await givenSources(data, directorySource("/home/a:/b\nc é"), none, environment);
  expect(SourceRoots.parse(given.LOOKALIKE_SOURCE_ROOTS)).toEqual([
    { tenant: "default", root: "file:///home/a%3A/b%0Ac%20%C3%A9" },
    { tenant: "default", root: "/media/disk" },
    { tenant: "acme", root: "/srv/acme" },
  ]);
  expect(given.LOOKALIKE_SOURCE_BUCKETS).toBe("acme=photos");
});

it("an earlier version's catalogs stay readable", async () => {
  const given = await givenSources(data, directorySource("/new"), async () => [directorySource("/old")], {});
  expect(given.LOOKALIKE_SOURCE_ROOTS).toBe("/old:/new");
  await givenSources(data, directorySource("/new"), () => Promise.reject(new Error("is known")), {});
});
