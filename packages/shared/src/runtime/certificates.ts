import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { gauge } from "./metrics.ts";

/** Measures when the certificates in these PEM files expire. The files are read each time, because they are replaced in place. */
export const measureCertificates = (files: readonly string[]): void =>
  gauge(
    "lookalike_certificate_expiry_timestamp_seconds",
    "When a certificate expires, by the name of its file; 0 = it cannot be read",
    ["file"],
    () => Promise.all(files.map(async (file) => ({ labels: { file: basename(file) }, value: await expiry(file) }))),
  );

const expiry = (file: string): Promise<number> =>
  readFile(file).then(
    (pem) => Date.parse(new X509Certificate(pem).validTo) / 1_000,
    () => 0,
  );
