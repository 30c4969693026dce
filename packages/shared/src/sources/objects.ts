import type { Readable } from "node:stream";
import type { S3 } from "@aws-sdk/client-s3";
import { isoOfMilliseconds } from "../domain/primitives/encoding.ts";
import { messageOf } from "../runtime/errors.ts";

/** Why an object can't be read or written. */
export class ObjectError extends Error {
  override readonly name = "ObjectError";
  readonly reason: "missing" | "changed" | "unreadable";

  constructor(reason: ObjectError["reason"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

const ATTEMPTS = 8;
const CONNECT_MS = 5_000;
const RESPONSE_MS = 30_000;

/** The AWS SDK's own environment says which server and credentials (AWS_ENDPOINT_URL_S3, AWS_REGION, AWS_ACCESS_KEY_ID, …). */
const connect = async (): Promise<S3> => {
  const { S3 } = await import("@aws-sdk/client-s3");
  const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_REGION } = process.env;
  const isOtherServer = Boolean(AWS_ENDPOINT_URL_S3 || AWS_ENDPOINT_URL);
  return new S3({
    // 503 SlowDown and lost connections are tried again, with growing pauses.
    retryMode: "adaptive",
    maxAttempts: ATTEMPTS,
    requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: RESPONSE_MS },
    // Servers other than Amazon's support neither a host for each bucket nor the newer checksums.
    forcePathStyle: isOtherServer,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    ...(isOtherServer && !AWS_REGION ? { region: "us-east-1" } : {}),
  });
};

/** Buckets of the S3 server that the environment names now, over a connection pool of their own. */
export const openObjects = () => {
  const connected = connect();
  return {
    /** Everything under a prefix, in the order of the keys' bytes, page after page. @throws ObjectError */
    async *list(bucket: string, prefix: string) {
      const { paginateListObjectsV2 } = await import("@aws-sdk/client-s3");
      try {
        for await (const page of paginateListObjectsV2({ client: await connected }, { Bucket: bucket, Prefix: prefix }))
          for (const { Key, ETag, Size, LastModified } of page.Contents ?? [])
            if (Key !== undefined && ETag !== undefined)
              yield {
                key: Key,
                etag: ETag,
                bytes: sizeOf(Size, `s3://${bucket}/${Key}`),
                modifiedAt: isoOfMilliseconds(LastModified?.getTime() ?? Number.NaN),
              };
      } catch (error) {
        refuse(`s3://${bucket}/${prefix}`)(error);
      }
    },
    /** An object, or an inclusive range of it. @param etag null = the object as it is now. @throws ObjectError */
    async read(
      bucket: string,
      key: string,
      etag: string | null,
      range?: { start: number; end: number },
    ): Promise<Readable> {
      const request = {
        Bucket: bucket,
        Key: key,
        ...(etag === null ? {} : { IfMatch: etag }),
        ...(range === undefined ? {} : { Range: `bytes=${range.start}-${range.end}` }),
      };
      const { Body } = await connected.then((s3) => s3.getObject(request)).catch(refuse(`s3://${bucket}/${key}`));
      return Body as Readable;
    },
    /** An object's size in bytes. @throws ObjectError */
    async size(bucket: string, key: string, etag: string): Promise<number> {
      const request = { Bucket: bucket, Key: key, IfMatch: etag };
      const { ContentLength } = await connected
        .then((s3) => s3.headObject(request))
        .catch(refuse(`s3://${bucket}/${key}`));
      return sizeOf(ContentLength, `s3://${bucket}/${key}`);
    },
    /** @throws ObjectError */
    async write(bucket: string, key: string, bytes: Uint8Array, contentType: string): Promise<void> {
      const request = { Bucket: bucket, Key: key, Body: bytes, ContentType: contentType };
      await connected.then((s3) => s3.putObject(request)).catch(refuse(`s3://${bucket}/${key}`));
    },
  };
};

/** Buckets of an S3 server. */
export type Objects = ReturnType<typeof openObjects>;

let opened: Objects | null = null;

/** Buckets, over one connection pool for the whole process. The SDK is loaded when it is first needed. */
export const s3Objects = (): Objects => {
  opened ??= openObjects();
  return opened;
};

const PROBLEMS: Record<string, [reason: ObjectError["reason"], text: string]> = {
  NoSuchKey: ["missing", "it is not there any more"],
  NotFound: ["missing", "it is not there"],
  PreconditionFailed: ["changed", "it has changed since it was listed"],
  NoSuchBucket: ["missing", "there is no such bucket"],
  AccessDenied: ["unreadable", "access is denied: check the key's policy"],
  InvalidAccessKeyId: ["unreadable", "the server does not know AWS_ACCESS_KEY_ID"],
  SignatureDoesNotMatch: ["unreadable", "AWS_SECRET_ACCESS_KEY is not the key's"],
  CredentialsProviderError: ["unreadable", "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"],
};

/** @throws ObjectError where the server does not give a size */
const sizeOf = (bytes: number | undefined, place: string): number => {
  if (bytes === undefined) throw new ObjectError("unreadable", `${place}: the server does not give its size`);
  return bytes;
};

/** A response to HEAD has no body that could say more than the status. */
const BY_STATUS: Record<number, string> = { 403: "AccessDenied", 404: "NotFound", 412: "PreconditionFailed" };

/** Throws the SDK's error as an ObjectError about this place. */
const refuse =
  (place: string) =>
  (error: unknown): never => {
    if (error instanceof ObjectError) throw error;
    const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
    const status = name === "Unknown" ? $metadata?.httpStatusCode : undefined;
    const code = status === undefined ? name : BY_STATUS[status];
    const known = code === undefined ? undefined : PROBLEMS[code];
    const [reason, text] = known ?? (["unreadable", messageOf(error)] as const);
    throw new ObjectError(reason, `${place}: ${text}`, { cause: error });
  };
