import { describe, expect, it } from "vitest";
import { maySignIn, mayUseCookie, type Sender } from "./same-origin.ts";

const HERE = { protocol: "http", host: "127.0.0.1:7373" } as const;
const sent = (
  method: string,
  headers: Record<string, string>,
  at: Pick<Sender, "protocol" | "host"> = HERE,
): Sender => ({
  ...at,
  method,
  headers,
});

describe("what is done with a browser's cookie", () => {
  it.each([
    ["POST", { "sec-fetch-site": "same-origin" }],
    ["DELETE", { "sec-fetch-site": "same-origin", origin: "http://127.0.0.1:7373" }],
    ["PATCH", { origin: "http://127.0.0.1:7373" }],
    ["GET", {}],
    ["HEAD", {}],
    ["GET", { "sec-fetch-site": "none" }],
    ["GET", { "sec-fetch-site": "same-origin" }],
  ])("%s with %o is the page's own", (method, headers) => expect(mayUseCookie(sent(method, headers))).toBe(true));

  it.each([
    ["POST", {}],
    ["DELETE", {}],
    ["PATCH", {}],
    ["PUT", {}],
    ["POST", { "sec-fetch-site": "none" }],
    ["POST", { "sec-fetch-site": "same-site", origin: "http://127.0.0.1:7373" }],
    ["POST", { "sec-fetch-site": "cross-site" }],
    ["POST", { origin: "null" }],
    ["POST", { origin: "http://127.0.0.1:9999" }],
    ["POST", { origin: "http://127.0.0.1" }],
    ["POST", { origin: "https://127.0.0.1:7373" }],
    ["POST", { origin: "http://localhost:7373" }],
    ["POST", { origin: "http://127.0.0.1:7373.evil.example" }],
    ["POST", { referer: "http://127.0.0.1:7373/" }],
    ["GET", { "sec-fetch-site": "same-site" }],
    ["GET", { "sec-fetch-site": "cross-site" }],
    ["GET", { origin: "http://127.0.0.1:9999" }],
  ])("%s with %o is not", (method, headers) => expect(mayUseCookie(sent(method, headers))).toBe(false));

  it("knows an origin whose port is the usual one, and none of a host that is none", () => {
    const at = { protocol: "https", host: "photos.example:443" } as const;
    expect(mayUseCookie(sent("POST", { origin: "https://photos.example" }, at))).toBe(true);
    expect(mayUseCookie(sent("POST", { origin: "null" }, { protocol: "http", host: "a b" }))).toBe(false);
  });
});

it("a program signs in without an origin, a foreign page never", () => {
  expect(maySignIn(sent("POST", {}))).toBe(true);
  expect(maySignIn(sent("POST", { "sec-fetch-site": "same-origin" }))).toBe(true);
  expect(maySignIn(sent("POST", { origin: "http://127.0.0.1:7373" }))).toBe(true);
  expect(maySignIn(sent("POST", { "sec-fetch-site": "cross-site" }))).toBe(false);
  expect(maySignIn(sent("POST", { origin: "http://127.0.0.1:1" }))).toBe(false);
});
