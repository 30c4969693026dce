import type { ConnectionLimits } from "@lookalike/shared/runtime/limit-connections";

const KIB = 1_024;
const MIB = 1_024 * KIB;

/** The limits of one kind of request. */
export interface Limit {
  /** What its requests do, for docs/api.md. */
  readonly about: string;
  /** Bytes of a body. */
  readonly bodyBytes: number;
  /** What to do about a body that is larger. */
  readonly ifLarger?: string;
  /** Requests at once of one access key, of all keys of its tenant, and of everybody. A request without a key counts by its address. */
  readonly perKey: number;
  readonly perTenant: number;
  readonly inAll: number;
  /** A request above these numbers waits so long for its turn before it is refused; 0 = it is refused at once. */
  readonly waitSeconds: number;
  /** Time from its turn to the end of the response; null = none. */
  readonly seconds: number | null;
}

/** Requests that wait, for each one that may be in progress: more are refused at once. */
export const WAITING_PER_PLACE = 8;

/**
 * The limits of every kind of request, so that no key, tenant or address can stop the others. A route names its kind in
 * its config; docs/api.md has this table, which a test compares.
 */
export const LIMITS = {
  read: {
    about: "lists, single things, statistics",
    bodyBytes: 16 * KIB,
    perKey: 16,
    perTenant: 32,
    inAll: 64,
    waitSeconds: 10,
    seconds: 60,
  },
  write: {
    about: "JSON that creates, changes or deletes one thing",
    bodyBytes: MIB,
    perKey: 4,
    perTenant: 8,
    inAll: 32,
    waitSeconds: 10,
    seconds: 60,
  },
  decide: {
    about: "decisions by a rule",
    bodyBytes: 16 * KIB,
    perKey: 1,
    perTenant: 1,
    inAll: 3,
    waitSeconds: 10,
    seconds: 300,
  },
  import: {
    about: "import of decisions (NDJSON)",
    bodyBytes: 64 * MIB,
    ifLarger: "Split the file: each part of its lines can be imported alone.",
    perKey: 1,
    perTenant: 1,
    inAll: 2,
    waitSeconds: 10,
    seconds: 600,
  },
  folders: {
    about: "folders that a catalog may be created over",
    bodyBytes: 16 * KIB,
    perKey: 2,
    perTenant: 2,
    inAll: 3,
    waitSeconds: 10,
    seconds: 60,
  },
  search: {
    about: "query by hash",
    bodyBytes: 16 * KIB,
    perKey: 4,
    perTenant: 8,
    inAll: 16,
    waitSeconds: 10,
    seconds: 60,
  },
  picture: {
    about: "query by picture",
    bodyBytes: 64 * MIB,
    ifLarger: "Send a smaller version: the hash needs no more than 1,000 pixels.",
    perKey: 2,
    perTenant: 2,
    inAll: 4,
    waitSeconds: 30,
    seconds: 180,
  },
  thumbnail: {
    about: "thumbnails",
    bodyBytes: 16 * KIB,
    perKey: 12,
    perTenant: 12,
    inAll: 32,
    waitSeconds: 60,
    seconds: 180,
  },
  original: {
    about: "originals, whole or a range",
    bodyBytes: 16 * KIB,
    perKey: 16,
    perTenant: 32,
    inAll: 64,
    waitSeconds: 10,
    seconds: 3_600,
  },
  export: {
    about: "exports of groups and of decisions",
    bodyBytes: 16 * KIB,
    perKey: 2,
    perTenant: 4,
    inAll: 16,
    waitSeconds: 10,
    seconds: 3_600,
  },
  reference: {
    about: "what a reference catalog has, after a look at its files",
    bodyBytes: 16 * KIB,
    perKey: 2,
    perTenant: 4,
    inAll: 16,
    waitSeconds: 10,
    seconds: 600,
  },
  archive: {
    about: "start of an archive, restore, recovery, emptying",
    bodyBytes: 16 * KIB,
    perKey: 1,
    perTenant: 2,
    inAll: 8,
    waitSeconds: 10,
    seconds: 600,
  },
  stream: {
    about: "event streams of jobs",
    bodyBytes: 16 * KIB,
    perKey: 20,
    perTenant: 50,
    inAll: 200,
    waitSeconds: 0,
    seconds: null,
  },
  session: {
    about: "sign-in of the review page",
    bodyBytes: 16 * KIB,
    perKey: 4,
    perTenant: 4,
    inAll: 32,
    waitSeconds: 10,
    seconds: 20,
  },
  page: {
    about: "files of the review page, `/docs`, `/openapi.json`",
    bodyBytes: 16 * KIB,
    perKey: 32,
    perTenant: 32,
    inAll: 128,
    waitSeconds: 10,
    seconds: 60,
  },
} as const satisfies Record<string, Limit>;

export type RequestKind = keyof typeof LIMITS;

/** Jobs of a tenant, and of all, that are not over: a request for one more is answered 429. */
export const ACTIVE_JOBS = { perTenant: 200, inAll: 1_000, retrySeconds: 30 } as const;

/** Webhooks of a tenant: each is called for every job that is over. */
export const WEBHOOKS_PER_TENANT = 100;

/** Requests a minute of one address without a key. */
export const KEYLESS_PER_MINUTE = 1_200;
/** Requests a minute of one address with a wrong key, or none, that are answered 401; more are answered 429. A right key is served all the same. */
export const WRONG_KEYS_PER_MINUTE = 120;

/** Connections that wait to be accepted: a thousand at once must not make the kernel drop those of others. The kernel has a limit, too (somaxconn). */
export const BACKLOG = 4_096;
/** One connection more closes the one that has been idle longest. */
export const CONNECTIONS: ConnectionLimits = { maxConnections: 4_096, slowReader: { bytes: 4 * KIB, seconds: 30 } };
/** The header fields of a request must arrive within this time. */
export const HEADERS_SECONDS = 15;
/** A request must arrive whole within this time. */
export const REQUEST_SECONDS = 120;
/** A connection without a request is closed after this time; longer than the 60 s that proxies use. */
export const IDLE_SECONDS = 72;
