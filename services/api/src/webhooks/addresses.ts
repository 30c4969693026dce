import { type LookupAddress, lookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";

/** Addresses of the internet that IANA has given to somebody; all special ones outside of it are refused whatever they are. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR("2000::/3");
/** Protocol assignments (RFC 2928), of which no address is a server's: Teredo, ORCHID, benchmarks; and documentation (RFC 9637). */
const SPECIAL = ["2001::/23", "3fff::/20"].map((range) => ipaddr.IPv6.parseCIDR(range));

/** Whether an address is not of the public internet: loopback, private, link-local, reserved, or no address at all. */
export const isInside = (text: string): boolean => {
  if (!ipaddr.isValid(text)) return true;
  // process() reads an IPv4 address that is written as IPv6 as what it is.
  const address = ipaddr.process(text);
  if (address.range() !== "unicast") return true;
  return (
    address instanceof ipaddr.IPv6 && (!address.match(GLOBAL_UNICAST) || SPECIAL.some((range) => address.match(range)))
  );
};

/** Why no webhook may have a URL, as far as its text shows; null = it is allowed. */
export const urlRefusal = (text: string, allowsInside: boolean): string | null => {
  if (!URL.canParse(text)) return "not a URL";
  const { protocol, hostname, username, password } = new URL(text);
  if (protocol !== "https:" && !(allowsInside && protocol === "http:")) return "must be an https address";
  if (username !== "" || password !== "") return "must not have a user or password in it";
  const host = hostname.replace(/^\[|\]$/g, "");
  if (allowsInside) return null;
  if (isIP(host) !== 0 && isInside(host)) return "an address of a private network";
  return /^localhost$|\.(localhost|local|internal)$/i.test(host) ? "a name of a private network" : null;
};

/**
 * Resolves a name, and refuses addresses of private networks. It is used while connecting, so that the
 * name can't resolve to another address afterwards.
 */
export const outsideLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    const refusal = error ?? refusalOf(hostname, addresses);
    const [first] = addresses ?? [];
    if (refusal !== null || first === undefined) callback(refusal ?? new Error(`${hostname} has no address`), "", 0);
    else if (options.all === true) callback(null, addresses);
    else callback(null, first.address, first.family);
  });
};

const refusalOf = (hostname: string, addresses: readonly LookupAddress[]): Error | null => {
  // Without the address: whoever created the webhook reads this, and may not learn what names the network has.
  return addresses.some(({ address }) => isInside(address))
    ? new Error(`${hostname} has an address of a private network`)
    : null;
};
