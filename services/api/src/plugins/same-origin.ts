import type { FastifyRequest } from "fastify";

/** Methods that change nothing (RFC 9110, 9.2.1). */
const SAFE: readonly string[] = ["GET", "HEAD"];

export const isSafe = ({ method }: Pick<FastifyRequest, "method">): boolean => SAFE.includes(method);

/** What of a request says where it comes from. */
export type Sender = Pick<FastifyRequest, "method" | "protocol" | "host"> & {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
};

/**
 * Whether a page of another origin sent a request: another port of the same machine is one, and the browser sends it this
 * one's cookies. `Sec-Fetch-Site` decides, which no page can set; browsers send it over https and to the own machine.
 * Elsewhere `Origin` decides, which they send with everything that is not safe.
 * @returns null where neither header is there: it may be no browser at all
 * @see https://www.w3.org/TR/fetch-metadata/
 */
const isForeign = (sender: Sender): boolean | null => {
  const { "sec-fetch-site": site, origin } = sender.headers;
  // "none" is what a person typed or opened from a bookmark, which is never more than reading.
  if (site !== undefined) return site !== "same-origin" && !(site === "none" && isSafe(sender));
  if (origin !== undefined) return origin !== ownOrigin(sender);
  return null;
};

/** This API's origin, as the browser sees it; null where the Host header is none. */
const ownOrigin = ({ protocol, host }: Sender): string | null => {
  const address = `${protocol}://${host}`;
  return URL.canParse(address) ? new URL(address).origin : null;
};

/** Whether a request may use the cookie that its browser sent with it: what changes something must prove its origin. */
export const mayUseCookie = (sender: Sender): boolean => {
  const foreign = isForeign(sender);
  return foreign === null ? isSafe(sender) : !foreign;
};

/** Whether a request may sign its browser in: without a cookie, only a foreign page's may not. */
export const maySignIn = (sender: Sender): boolean => isForeign(sender) !== true;
