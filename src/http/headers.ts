/**
 * Headers of every answer. Nothing is stored, framed, sniffed, embedded or sent on as a referrer; a page that needs
 * more (its own style sheet, say) replaces the policy by one of `contentPolicy`.
 */
export function securityHeaders(https: boolean): Record<string, string> {
  return {
    'cache-control': 'no-store',
    'content-security-policy': contentPolicy({}),
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=()',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    // Never over plain HTTP (RFC 6797, 7.2); the year and the subdomains are ASVS 3.4.1.
    ...(https ? { 'strict-transport-security': 'max-age=31536000; includeSubDomains' } : {}),
  };
}

/** A Content-Security-Policy that allows what is named and nothing else; never 'unsafe-inline'. */
export function contentPolicy(allowed: Record<string, string>): string {
  const directives = { 'base-uri': "'none'", 'form-action': "'none'", 'frame-ancestors': "'none'", ...allowed };
  return ["default-src 'none'", ...Object.entries(directives).map(([name, value]) => `${name} ${value}`)].join('; ');
}
