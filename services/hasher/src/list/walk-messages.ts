import type { FoundImage } from "@lookalike/shared/domain/image/listed-image";
import type { ListingMark } from "@lookalike/shared/domain/image/listing";
import type { AllowedSources } from "@lookalike/shared/sources/allowed-sources";
import type { OwnedSource } from "./sources/source.ts";
import type { MarkedCatalog, Tally } from "./sources/walk.ts";

/** What a process that walks sources is requested to do, each with its answer. */
export interface WalkCalls {
  open: {
    request: { owned: OwnedSource; allowed: AllowedSources; resume: MarkedCatalog | null };
    answer: { expected: number; isResumed: boolean; hasFiles: boolean; isCounted: boolean };
  };
  /** The next images; null = the walk is over. */
  next: { request: null; answer: { part: readonly FoundImage[] } | { end: WalkEnd } };
  isStillThere: { request: { path: string; fingerprint: string }; answer: boolean };
  digestOf: { request: { path: string }; answer: string | null };
  close: { request: null; answer: null };
}
export type WalkCall = keyof WalkCalls;

/** What is known when a walk is over. */
export interface WalkEnd {
  readonly mark: ListingMark | null;
  readonly counted:
    | ({ [Field in "mounts" | "unlisted"]: Tally[Field] } & { counts: ReturnType<Tally["counts"]> })
    | null;
}

/** A message to the process. @property walk names the walk, of several at once */
export interface ToWalker {
  readonly id: number;
  readonly walk: number;
  readonly call: WalkCall;
  readonly request: unknown;
}

/** A message from the process: an answer, an error, or that a walk makes progress. */
export type FromWalker =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly error: string; readonly isListingError: boolean }
  | { readonly progress: number };
