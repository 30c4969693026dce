import { startCommand } from "./command.ts";

/**
 * Writes a self-signed certificate for `localhost`, and its key beside it. Needs openssl.
 * @returns the file of the key
 */
export const createCertificate = async (file: string, days: number): Promise<string> => {
  const key = `${file}.key`;
  const algorithm = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const files = ["-keyout", key, "-out", file];
  const openssl = ["openssl", "req", "-x509", ...algorithm, "-days", `${days}`, ...subject, ...files];
  const { code, stderr } = await startCommand(openssl).ended;
  if (code !== 0) throw new Error(`openssl made no certificate: ${stderr}`);
  return key;
};
