import { createHmac, timingSafeEqual } from "node:crypto";

const VALID_MS = 600_000;

/** Tokens by which a client confirms that it knows what a request would do: for one subject, for ten minutes. */
export const confirmationTokens = (key: Buffer) => {
  const sign = (subject: string, expires: number): Buffer =>
    createHmac("sha256", key).update(`${expires}:${subject}`).digest();
  return {
    create(subject: string, now = Date.now()): string {
      const expires = now + VALID_MS;
      return `${expires}.${sign(subject, expires).toString("base64url")}`;
    },
    isValid(subject: string, token: string, now = Date.now()): boolean {
      const [expires, signature = ""] = token.split(".");
      const received = Buffer.from(signature, "base64url");
      const expected = sign(subject, Number(expires));
      return Number(expires) > now && received.length === expected.length && timingSafeEqual(received, expected);
    },
  };
};
