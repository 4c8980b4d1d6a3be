import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Who is at the other end, as far as the network tells. */
export interface Client {
  /** A canonical IPv4 or IPv6 address, never a forged one. */
  address: string;
  userAgent: string;
  /** What it says that it is known by: tokens, of one or several accounts, that may be good or not. */
  browserTokens: readonly string[];
}

type Network = [ipaddr.IPv4 | ipaddr.IPv6, number];

/** Reads a list of addresses and CIDR ranges into a test of membership. */
export function trustedNetworks(ranges: readonly string[]): (address: string) => boolean {
  const networks = ranges.map((range): Network => {
    if (range.includes('/')) return ipaddr.parseCIDR(range);
    const address = ipaddr.process(range);
    return [address, address.kind() === 'ipv4' ? 32 : 128];
  });
  return (address) => {
    const known = canonical(address);
    if (known === undefined) return false;
    const parsed = ipaddr.process(known);
    return networks.some(([base, bits]) => parsed.kind() === base.kind() && parsed.match(base, bits));
  };
}

/**
 * Answers the address of the client of each request. Where nobody is trusted that is its socket's, so it is read once for
 * each connection.
 */
export function addressReader(
  trustProxy: readonly string[],
  proxyHeader: string,
): { addressOf(request: IncomingMessage): string; trusted(address: string): boolean } {
  const trusted = trustedNetworks(trustProxy);
  const header = proxyHeader.toLowerCase();
  const known = new WeakMap<Socket, string>();
  const ofSocket = (socket: Socket): string => {
    const address = known.get(socket) ?? clientAddress(socket.remoteAddress ?? '', undefined, trusted);
    known.set(socket, address);
    return address;
  };
  const behindProxies = ({ socket, headers }: IncomingMessage): string => {
    const forwarded = headers[header];
    const hops = Array.isArray(forwarded) ? forwarded.join(',') : forwarded;
    return clientAddress(socket.remoteAddress ?? '', hops, trusted);
  };
  return { addressOf: trustProxy.length === 0 ? ({ socket }) => ofSocket(socket) : behindProxies, trusted };
}

/**
 * The address of the client: the socket's, unless the peer is a trusted proxy; then the right-most hop of `header` that
 * is not one. What stands further left can be forged and is never read; an unreadable hop ends the walk at the last
 * trusted one.
 */
export function clientAddress(peer: string, header: string | undefined, trusted: (address: string) => boolean): string {
  let address = canonical(peer) ?? '0.0.0.0';
  const hops = (header ?? '').split(',').reverse();
  for (const hop of hops) {
    if (!trusted(address)) return address;
    const next = canonical(hop.trim());
    if (next === undefined) return address;
    address = next;
  }
  return address;
}

/** One spelling for each address: IPv4-mapped ones as IPv4, IPv6 compressed, no zone; some proxies write the port too. */
function canonical(address: string): string | undefined {
  const bare = address.replace(/^\[(.*)\](:\d{1,5})?$|^([\d.]+):\d{1,5}$/, '$1$3').replace(/%.*$/, '');
  return ipaddr.isValid(bare) ? ipaddr.process(bare).toString() : undefined;
}
