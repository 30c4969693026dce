import type { BigIntStats } from "node:fs";
import { type FailureReason, failureOf } from "@lookalike/shared/domain/image/hash-block";
import { type FoundImage, foundImage } from "@lookalike/shared/domain/image/listed-image";
import { isoOfMilliseconds } from "@lookalike/shared/domain/primitives/encoding";
import { messageOf } from "@lookalike/shared/runtime/errors";
import { fingerprintOf } from "@lookalike/shared/sources/listed-file";
import { ListingError } from "./walk.ts";

/** The image of a file by its properties. @param path below the root */
export const fileImage = (path: string, stats: BigIntStats): FoundImage =>
  stats.isFile()
    ? foundImage({
        path,
        fingerprint: fingerprintOf(stats),
        bytes: Number(stats.size),
        modifiedAt: isoOfMilliseconds(Number(stats.mtimeMs)),
      })
    : failedImage(path, "not-a-regular-file", "a pipe, socket or device, not a file");

/** An image that is known to fail. @param path below the root */
export const failedImage = (path: string, reason: FailureReason, detail: string): FoundImage =>
  foundImage({
    path,
    fingerprint: `failed-${reason}`,
    failure: failureOf(reason, detail),
  });

/** Throws an error of opening a root as a ListingError. */
export const refuseRoot =
  (root: string) =>
  (error: unknown): never => {
    switch ((error as NodeJS.ErrnoException).code) {
      case "ENOENT":
        throw new ListingError(`${root}: no such folder`);
      case "ENOTDIR":
        throw new ListingError(`${root}: not a folder`);
      default:
        throw new ListingError(`${root}: the folder can't be opened (${messageOf(error)})`);
    }
  };
