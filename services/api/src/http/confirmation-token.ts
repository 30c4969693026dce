import { createHmac, timingSafeEqual } from "node:crypto";

const VALID_MS = 600_000;

/** Tokens that say "I was told what this would do": for one thing, for ten minutes. */
export const confirmationTokens = (key: Buffer) => {
  const sign = (subject: string, expires: number): Buffer =>
    createHmac("sha256", key).update(`${expires}:${subject}`).digest();
  return {
    make(subject: string, now = Date.now()): string {
      const expires = now + VALID_MS;
      return `${expires}.${sign(subject, expires).toString("base64url")}`;
    },
    check(subject: string, token: string, now = Date.now()): boolean {
      const [expires, signature = ""] = token.split(".");
      const given = Buffer.from(signature, "base64url");
      const wanted = sign(subject, Number(expires));
      return Number(expires) > now && given.length === wanted.length && timingSafeEqual(given, wanted);
    },
  };
};
