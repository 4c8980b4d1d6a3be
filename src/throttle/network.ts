import ipaddr from 'ipaddr.js';

/** What counts as one place of the internet: an IPv4 address, or an IPv6 /64, which one line of a provider gets. */
export function networkOf(address: string): string {
  return placeOf(address, 64);
}

/** What may all belong to one subscriber: an IPv4 address, or an IPv6 /48, the most that a site is given (RFC 6177). */
export function siteOf(address: string): string {
  return placeOf(address, 48);
}

function placeOf(address: string, bits: 48 | 64): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/${bits}`).toString()}/${bits}`;
}
