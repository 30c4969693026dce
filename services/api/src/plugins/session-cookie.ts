import type { FastifyReply, FastifyRequest } from "fastify";

/** The review page's session, since a browser sends no header with images and event streams. */
const NAME = "lookalike-session";
/** Longer than browsers allow; the server ends a session. */
const MAX_AGE_SECONDS = 400 * 86_400;
/** Browsers trust these hosts as they trust https: Chromium and Firefox, not Safari. */
const OWN_MACHINE = /^(?:localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/i;

type Addressed = Pick<FastifyRequest, "protocol" | "host" | "hostname">;

/**
 * The cookie's name has the port, since browsers send a cookie to every port of a host: two Lookalikes of one machine don't
 * sign each other's browsers out. `__Host-`: no other host, and no unencrypted answer, can have set it.
 * @see https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#name-the-__host-prefix
 */
const cookieName = ({ host, hostname }: Addressed, isSecure: boolean): string => {
  const port = host.slice(hostname.length).replace(":", "-");
  return `${isSecure ? "__Host-" : ""}${NAME}${port}`;
};

/** Whether the browser came over https, or from this machine. */
const isTrustworthy = ({ protocol, hostname }: Addressed): boolean =>
  protocol === "https" || OWN_MACHINE.test(hostname);

/** The token in a request's cookie: over https that of the secure one alone. */
export const sessionToken = (request: FastifyRequest): string | undefined => {
  const secure = request.cookies[cookieName(request, true)];
  return request.protocol === "https" ? secure : (secure ?? request.cookies[cookieName(request, false)]);
};

/**
 * @param allowsInsecure whether the browser stores no secure cookie without https
 * @see docs/security.md for plain http
 */
export const setSessionCookie = (
  request: FastifyRequest,
  reply: FastifyReply,
  token: string,
  allowsInsecure: boolean,
): void => {
  const isSecure = request.protocol === "https" || (isTrustworthy(request) && !allowsInsecure);
  reply.setCookie(cookieName(request, isSecure), token, {
    httpOnly: true,
    sameSite: "strict",
    secure: isSecure,
    path: "/",
    maxAge: MAX_AGE_SECONDS,
  });
};

export const clearSessionCookies = (request: FastifyRequest, reply: FastifyReply): void => {
  for (const secure of [true, false])
    reply.clearCookie(cookieName(request, secure), { path: "/", httpOnly: true, sameSite: "strict", secure });
};
