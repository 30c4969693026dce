import { insertAccessKey } from "@lookalike/shared/store/access/access-keys";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startApp, type TestApp } from "../../../../test/support/app.ts";
import { TEST_KEY } from "../../../../test/support/servers.ts";

const OTHER_KEY = `lk_${"other".repeat(8)}key`;
let started: TestApp;
let statements = 0;

beforeAll(async () => {
  started = await startApp();
  const { store } = started;
  await insertAccessKey(store.db, { key: TEST_KEY, tenant: "default", name: "owner", scope: "admin" });
  await insertAccessKey(store.db, { key: OTHER_KEY, tenant: "other", name: "other", scope: "admin" });
  await store.pool.query(
    `insert into catalog (id, tenant, name, source) values ('c', 'default', 'c', '{"kind": "hashes", "file": "/x"}')`,
  );
  await list(1);
  started.pool.on("acquire", () => {
    statements += 1;
  });
});
afterAll(() => started.stop());

const list = (ordinal: number) =>
  started.store.pool.query(
    "insert into image (catalog_id, ordinal, path, fingerprint, listed_in) values ('c', $1, $2, 'f', 'j')",
    [ordinal, `${ordinal}.jpg`],
  );

const read = async (key = TEST_KEY, url = "/v1/catalogs/c/images") => {
  statements = 0;
  const answer = await started.app.inject({ method: "GET", url, headers: { authorization: `Bearer ${key}` } });
  return { status: answer.statusCode, type: answer.headers["content-type"], body: answer.body, statements };
};

const pathsOf = ({ body }: { body: string }): string[] =>
  JSON.parse(body).items.map(({ path }: { path: string }) => path);

it("is answered from memory for as long as nobody writes, and read again as soon as somebody has written", async () => {
  const first = await read();
  expect(pathsOf(first)).toEqual(["1.jpg"]);
  const again = await read();
  expect(again).toEqual({ ...first, statements: 1 });
  await list(2);
  expect(pathsOf(await read())).toEqual(["1.jpg", "2.jpg"]);
});

it("a transaction that is open when an answer is read, and ends later, is seen", async () => {
  const client = await started.store.pool.connect();
  await client.query("begin");
  await client.query("update image set path = 'moved.jpg' where ordinal = 1");
  expect(pathsOf(await read())).toEqual(["1.jpg", "2.jpg"]);
  await client.query("commit");
  client.release();
  expect(pathsOf(await read())).toEqual(["moved.jpg", "2.jpg"]);
});

it("is not shared with another tenant that requests the same address", async () => {
  expect((await read()).status).toBe(200);
  expect((await read(OTHER_KEY)).status).toBe(404);
});

it("only successful responses are cached", async () => {
  const url = "/v1/catalogs/c/images/7";
  expect((await read(TEST_KEY, url)).status).toBe(404);
  expect((await read(TEST_KEY, url)).statements).toBeGreaterThan(1);
});
