import { describe, expect, it } from "vitest";
import { isInside, outsideLookup, urlRefusal } from "./addresses.ts";

describe("addresses of a private network", () => {
  it.each([
    "127.0.0.1",
    "10.1.2.3",
    "172.31.255.1",
    "192.168.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "::1",
    "::",
    "fe80::1",
    "fd00::1",
    "::ffff:127.0.0.1",
    "255.255.255.255",
    "::ffff:7f00:1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "fe80::1%eth0",
    "198.51.100.7",
    "nonsense",
    // NAT64 of a local prefix, IPv4-compatible, 6to4, site-local, Teredo, discard, segment routing, documentation.
    "64:ff9b:1::a00:1",
    "::7f00:1",
    "::10.0.0.1",
    "2002:a00:1::1",
    "fec0::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "3fff::1",
    "100::1",
    "5f00::1",
    "::ffff:0:7f00:1",
    "ff02::1",
    "4000::1",
    "192.0.0.1",
    "192.88.99.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
  ])("%s is one", (address) => expect(isInside(address)).toBe(true));
  it.each(["1.1.1.1", "172.32.0.1", "8.8.8.8", "2606:4700:4700::1111", "2a00:1450:4001::1", "2001:4860:4860::8888"])(
    "%s is none",
    (address) => expect(isInside(address)).toBe(false),
  );
});

describe("the URL of a webhook", () => {
  it.each([
    ["http://example.com/", "https"],
    ["ftp://example.com/", "https"],
    ["https://127.0.0.1/", "private"],
    ["https://[::1]/", "private"],
    ["https://2130706433/", "private"],
    ["https://0x7f.1/", "private"],
    ["https://localhost/", "private"],
    ["https://nats.internal/", "private"],
    ["https://user:pass@example.com/", "user or password"],
    ["example.com", "not a URL"],
  ])("%s is refused: %s", (url, words) => expect(urlRefusal(url, false)).toContain(words));
  it("is an https address of the internet, or any where that is allowed", () => {
    expect(urlRefusal("https://example.com/hook?x=1", false)).toBeNull();
    expect(urlRefusal("http://127.0.0.1:9999/", true)).toBeNull();
  });

  it("is resolved while connecting, and a name that resolves to a private network is refused then", async () => {
    const error = await new Promise<Error | null>((resolve) =>
      outsideLookup("localhost", {}, (found) => resolve(found)),
    );
    expect(error?.message).toContain("private network");
  });
});
