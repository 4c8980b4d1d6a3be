import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether a write that a browser sends by itself (a form, a cookie) comes from our own pages. Browsers say so in
 * Sec-Fetch-Site; older ones in Origin. A request that says neither is refused.
 */
export function sameOrigin(headers: IncomingHttpHeaders, ownOrigins: readonly string[]): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  return headers.origin !== undefined && ownOrigins.includes(headers.origin);
}
