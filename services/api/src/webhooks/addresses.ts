import { type LookupAddress, lookup } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";

/** Loopback, private, link-local, carrier-grade, multicast and reserved networks: none of them is the internet. */
const INSIDE = new BlockList();
for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 3],
] as const)
  INSIDE.addSubnet(network, prefix, "ipv4");
for (const [network, prefix] of [
  ["::", 127],
  ["64:ff9b::", 96],
  ["fc00::", 7],
  ["fe80::", 10],
  ["ff00::", 8],
] as const)
  INSIDE.addSubnet(network, prefix, "ipv6");

/** Whether an address is one of a machine's own or of a private network. */
export const isInside = (address: string): boolean => {
  // An IPv4 address in IPv6's clothes is judged as what it is.
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
  return isIP(mapped) === 0 || INSIDE.check(mapped, isIP(mapped) === 4 ? "ipv4" : "ipv6");
};

/** Why a URL can't be told anything; null = it may, as far as its text says. */
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

/** Looks a name up, and lets no address of a private network pass: at the moment of connecting, so that it can't change. */
export const outsideLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    const inside = error === null ? addresses.find(({ address }) => isInside(address)) : undefined;
    if (error !== null || inside !== undefined) {
      callback(error ?? new Error(`${hostname} is ${inside?.address}, an address of a private network`), "", 0);
      return;
    }
    if (options.all === true) callback(null, addresses);
    else callback(null, addresses[0]?.address ?? "", addresses[0]?.family ?? 0);
  });
};
