import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

const CIPHER = "aes-256-gcm";
const KEY_BYTES = 32;
/** As NIST SP 800-38D recommends for GCM: 96 bits of nonce, 128 of tag. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A key for one purpose from a secret of at least 256 random bits (HKDF, RFC 5869). */
export const sealingKeyFrom = (secret: string | Buffer, purpose: string): Buffer =>
  Buffer.from(hkdfSync("sha256", secret, "", `lookalike ${purpose}`, KEY_BYTES));

/**
 * Encrypts a text that must be stored: nonce, tag and ciphertext.
 * @param context where it is stored: in another row it can't be opened
 */
export const seal = (key: Buffer, context: string, text: string): Buffer => {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(context));
  const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
};

/** @returns null where it was sealed with another key or for another context, or is not as it was */
export const unseal = (key: Buffer, context: string, sealed: Uint8Array): string | null => {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return null;
  const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(context))
    .setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  try {
    const text = decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES));
    return Buffer.concat([text, decipher.final()]).toString("utf8");
  } catch {
    return null;
  }
};

/** Keys that seal what is stored: the first one seals, and each opens what it sealed when it was the first. */
export type SealingKeys = readonly Buffer[];

/** @param secrets each of at least 256 random bits */
export const sealingKeysFrom = (secrets: readonly (string | Buffer)[]): SealingKeys =>
  secrets.map((secret) => sealingKeyFrom(secret, "stored secrets"));

/** @returns null where none of the keys opens it */
export const unsealWithAny = (keys: SealingKeys, context: string, sealed: Uint8Array): string | null => {
  for (const key of keys) {
    const text = unseal(key, context, sealed);
    if (text !== null) return text;
  }
  return null;
};
