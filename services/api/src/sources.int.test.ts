import { mkdir, stat, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { directorySource, Source } from "@lookalike/shared/domain/job/source";
import { fingerprintOf } from "@lookalike/shared/sources/listed-file";
import { insertAccessKey } from "@lookalike/shared/store/access/access-keys";
import { createCatalog } from "@lookalike/shared/store/catalog/catalogs";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startApp, type TestApp } from "../../../test/support/app.ts";
import { TEST_KEY, WITH_KEY } from "../../../test/support/servers.ts";

const ETAG = '"etag-of-the-picture"';
const KINDS: readonly Source["kind"][] = Source.options.map((option) => option.shape.kind.value);
let started: TestApp;
let bucket: Server;
let picture: Buffer;
const jobs = new Map<string, { catalog: string; job: string }>();

/** One object under a key that has its ETag, and nothing else: as much of S3 as reading a picture needs. */
const serveBucket = async (key: string, body: Buffer): Promise<Server> => {
  const server = createServer(({ method, url, headers }, response) => {
    if (url?.split("?")[0] !== `/pictures/${key}`) response.writeHead(404).end();
    else if (headers["if-match"] !== undefined && headers["if-match"] !== ETAG) response.writeHead(412).end();
    else {
      const [, start, end] = /bytes=(\d+)-(\d+)/.exec(headers.range ?? "") ?? [];
      const part = start === undefined ? body : body.subarray(Number(start), Number(end) + 1);
      response.writeHead(start === undefined ? 200 : 206, { etag: ETAG, "content-length": part.length });
      response.end(method === "HEAD" ? undefined : part);
    }
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return server;
};

const addCatalog = async (source: Source, fingerprint: string): Promise<void> => {
  const { store, app } = started;
  const catalog = await createCatalog(store.db, "default", source.kind, source);
  const id = catalog?.id ?? "";
  await store.pool.query(
    "insert into image (catalog_id, ordinal, path, fingerprint, listed_in) values ($1, 0, 'red.png', $2, 'j'), ($1, 1, 'none.png', 'f', 'j')",
    [id, fingerprint],
  );
  const url = `/v1/catalogs/${id}/jobs`;
  const job = (await app.inject({ method: "POST", url, headers: WITH_KEY, payload: {} })).json().id;
  await store.pool.query("update job set state = 'completed', block_size = 2 where id = $1", [job]);
  jobs.set(source.kind, { catalog: id, job });
};

beforeAll(async () => {
  started = await startApp();
  await insertAccessKey(started.store.db, { key: TEST_KEY, tenant: "default", name: "owner", scope: "admin" });
  picture = await sharp({ create: { width: 640, height: 480, channels: 3, background: "red" } })
    .png()
    .toBuffer();
  bucket = await serveBucket("2019/red.png", picture);
  process.env["AWS_ENDPOINT_URL_S3"] = `http://127.0.0.1:${(bucket.address() as AddressInfo).port}`;
  process.env["AWS_ACCESS_KEY_ID"] = process.env["AWS_SECRET_ACCESS_KEY"] = "test";
  const root = join(started.folder, "pictures");
  await mkdir(root);
  await writeFile(join(root, "red.png"), picture);
  await addCatalog(directorySource(root), fingerprintOf(await stat(join(root, "red.png"), { bigint: true })));
  await addCatalog(Source.parse({ kind: "s3", bucket: "pictures", prefix: "2019/" }), ETAG);
  await addCatalog(Source.parse({ kind: "hashes", file: join(started.folder, "hashes.ndjson") }), "f");
});
afterAll(async () => {
  bucket.close();
  await started.stop();
});

const call = async (method: "GET" | "POST", path: string, headers = {}) => {
  const answer = await started.app.inject({ method, url: `/v1${path}`, headers: { ...WITH_KEY, ...headers } });
  const isProblem = String(answer.headers["content-type"]).includes("problem");
  return { status: answer.statusCode, bytes: answer.rawPayload, problem: isProblem ? answer.json() : null };
};
const idsOf = (kind: string): { catalog: string; job: string } => {
  const ids = jobs.get(kind);
  if (ids === undefined) throw new Error(`no catalog of kind ${kind}`);
  return ids;
};

describe.each(KINDS)("a catalog of %s", (kind) => {
  it("archives its files, or says why there is nothing to move", async () => {
    const { status, problem } = await call("POST", `/catalogs/${idsOf(kind).catalog}/archives`);
    expect([status, problem.detail]).toEqual([
      409,
      {
        directory: "No decision lets a file go that is still there. Decide on groups first.",
        s3: "This catalog is in S3, where Lookalike only reads. Export the decisions as sh, csv or ndjson to move the objects yourself.",
        hashes: "This catalog is of hashes: it has no files to move.",
      }[kind],
    ]);
  });

  it.each(["csv", "ndjson", "sh", "tags"] as const)(
    "is exported as %s where it has what that needs",
    async (format) => {
      const { status, problem, bytes } = await call("GET", `/jobs/${idsOf(kind).job}/export?format=${format}`);
      const isUnsuited = format === "sh" ? kind === "hashes" : format === "tags" && kind !== "directory";
      expect([status, problem?.type ?? null]).toEqual(
        isUnsuited ? [422, "urn:lookalike:problem:format-unsuited"] : [200, null],
      );
      if (format === "sh" && !isUnsuited) expect(bytes.toString()).not.toContain("cd -- ''");
    },
  );

  it("shows its pictures, small, whole and in part, or says that it has none", async () => {
    const image = `/catalogs/${idsOf(kind).catalog}/images/0`;
    const thumbnail = await call("GET", `${image}/thumbnail`);
    const original = await call("GET", `${image}/original`);
    const part = await call("GET", `${image}/original`, { range: "bytes=1-3" });
    if (kind === "hashes") {
      for (const { status, problem } of [thumbnail, original, part])
        expect([status, problem.detail]).toEqual([404, "This catalog is of hashes: there is no picture to show."]);
      return;
    }
    expect(await sharp(thumbnail.bytes).metadata()).toMatchObject({ format: "webp", width: 320, height: 240 });
    expect([original.status, original.bytes.equals(picture)]).toEqual([200, true]);
    expect([part.status, part.bytes.toString()]).toEqual([206, "PNG"]);
  });

  if (kind === "hashes") return;
  it("says that a picture is missing", async () => {
    for (const size of ["original", "thumbnail"]) {
      const { status, problem } = await call("GET", `/catalogs/${idsOf(kind).catalog}/images/1/${size}`);
      expect([status, problem.detail]).toEqual([
        410,
        `The ${kind === "s3" ? "object is gone from its bucket" : "file is gone"} since it was listed. The next job will notice.`,
      ]);
    }
  });
});
