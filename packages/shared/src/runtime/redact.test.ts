import { describe, expect, it } from "vitest";
import { addSecret, addSecretsOf, redact } from "./redact.ts";

const KEY = `lk_${"aB3_-".repeat(8)}xyz`;

describe("secrets are known by their form", () => {
  it.each([
    ["an access key", `key ${KEY}, `, "key lk_***, "],
    ["a session", `lks_${"a".repeat(43)}`, "lks_***"],
    ["a webhook's secret", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD/Q==", "whsec_***"],
    ["one in a URL", "whsec_C2FVsBQIhrscChlQIMV%2Bb5sSYspob7oD%3D", "whsec_***"],
    ["a password", "postgres://me:secret@db:5432/x", "postgres://***@db:5432/x"],
    ["a password with a slash and an @", "postgres://me:a/b@c#d@db/x", "postgres://***@db/x"],
    ["a password of an address with a slash too few", "postgres:/me:pw@db/x", "postgres:/***@db/x"],
    ["a password with a comma", "nats://me:a,b@one:4222", "nats://***@one:4222"],
    ["a password of another scheme", "https://me:pw@proxy:3128/a@b", "https://***@proxy:3128/a@b"],
    ["a token", "nats://token@one:4222", "nats://***@one:4222"],
    [
      "every address of a list",
      "nats://a@one:1,nats://b:c@two:2,tls://d@x",
      "nats://***@one:1,nats://***@two:2,tls://***@x",
    ],
    [
      "a password in the query",
      "postgres://db/x?user=me&password=p%40ss&x=1",
      "postgres://db/x?user=me&password=***&x=1",
    ],
    ["a header", "Authorization: Bearer abcdefgh.ijk", "Authorization: Bearer ***"],
    ["a seed", `seed SU${"A2".repeat(28)}.`, "seed ***."],
    ["a token of three parts", "eyJhbGciOi.eyJqdGkiOi.c2lnbmF0dXJl", "***"],
    ["a private key", "-----BEGIN EC PRIVATE KEY-----\nAA\n-----END EC PRIVATE KEY-----", "***"],
  ])("%s", (_, text, shown) => expect(redact(text)).toBe(shown));

  it.each(["2019/a@b.jpg", "nats://127.0.0.1:4222", "s3://photos/me@home/", "https://x/?to=a@b", "Bearer of news"])(
    "%s has none",
    (text) => expect(redact(text)).toBe(text),
  );
});

describe("secrets are known by their value", () => {
  it("as they are, in URLs, in JSON, in base64 and in hexadecimal", () => {
    const secret = 'p/a"s s+w€rd';
    addSecret(secret);
    const forms = [
      secret,
      encodeURIComponent(secret),
      JSON.stringify(secret),
      Buffer.from(secret).toString("base64"),
      Buffer.from(secret).toString("base64url"),
      Buffer.from(secret).toString("hex"),
    ];
    for (const form of forms) expect(redact(`a ${form} b`)).toMatch(/^a ["*=]+ b$/);
  });

  it("from the variables of a process", () => {
    addSecretsOf({
      AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI/K7MDENG",
      AWS_WEB_IDENTITY_TOKEN_FILE: "/var/run/identity",
      OTEL_EXPORTER_OTLP_HEADERS: "x-api=honeycomb-1",
      DATABASE_URL: "postgres://me:p%40ssw%2Frd@db/x",
      NATS_URL: "nats://first-token@one,nats://second-token@two,nats://lookalike:lookalike@three",
    });
    const text =
      "wJalrXUtnFEMI/K7MDENG /var/run/identity x-api=honeycomb-1 p@ssw/rd first-token second-token lookalike";
    expect(redact(text)).toBe("*** /var/run/identity *** *** *** *** lookalike");
  });
});
