import ipaddr from 'ipaddr.js';

/** What counts as one place of the internet: an IPv4 address, or an IPv6 /64, which one line of a provider gets. */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  return parsed.kind() === 'ipv4' ? parsed.toString() : prefixOf(parsed.toString(), 64);
}

/** The IPv6 /48 around an address, the most that one site is usually given (RFC 6177); IPv4 has nothing like it. */
export function siteOf(address: string): string | undefined {
  if (!ipaddr.isValid(address)) return undefined;
  const parsed = ipaddr.process(address);
  return parsed.kind() === 'ipv4' ? undefined : prefixOf(parsed.toString(), 48);
}

function prefixOf(address: string, bits: 48 | 64): string {
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address}/${bits}`).toString()}/${bits}`;
}
