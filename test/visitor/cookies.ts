/** A browser's cookies for one host (RFC 6265bis), as far as our service uses them. */
export interface Cookie {
  name: string;
  value: string;
  path: string;
  /** In ms; without it the cookie goes when the browser is closed. */
  expiresAt?: number;
  secure: boolean;
  httpOnly: boolean;
  sameSite: string | undefined;
}

export interface CookieJar {
  /** What is kept at `now`. */
  all(now: number): Cookie[];
  /** The Cookie header for a path; '' when there is none to send. */
  header(path: string, now: number): string;
  /**
   * Keeps what a Set-Cookie header says, or forgets what it says is over. Throws where a browser would refuse it: we
   * set no cookie that is not to be kept.
   */
  keep(setCookie: string, now: number): void;
}

export function cookieJar(): CookieJar {
  let kept: Cookie[] = [];
  const all = (now: number): Cookie[] => kept.filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now);
  return {
    all,
    header: (path, now) =>
      all(now)
        .filter((cookie) => covers(cookie.path, path))
        .map(({ name, value }) => `${name}=${value}`)
        .join('; '),
    keep(setCookie, now) {
      const cookie = readCookie(setCookie, now);
      kept = [...kept.filter(({ name, path }) => name !== cookie.name || path !== cookie.path), cookie];
      kept = all(now);
    },
  };
}

/** Whether a cookie of one path goes with a request to another (5.1.4). */
function covers(cookiePath: string, path: string): boolean {
  return path === cookiePath || path.startsWith(cookiePath.endsWith('/') ? cookiePath : `${cookiePath}/`);
}

function readCookie(setCookie: string, now: number): Cookie {
  const [pair = '', ...rest] = setCookie.split(';').map((part) => part.trim());
  const attributes = new Map(rest.map(split).map(([key, given]) => [key.toLowerCase(), given]));
  const [name, value] = split(pair);
  const maxAge = attributes.get('max-age');
  const expires = attributes.get('expires');
  const expiresAt = maxAge !== undefined ? now + Number(maxAge) * 1000 : expires && Date.parse(expires);
  const cookie: Cookie = {
    name,
    value,
    path: attributes.get('path') ?? '/',
    ...(typeof expiresAt === 'number' ? { expiresAt } : {}),
    secure: attributes.has('secure'),
    httpOnly: attributes.has('httponly'),
    sameSite: attributes.get('samesite')?.toLowerCase(),
  };
  const refuse = (why: string): never => {
    throw new Error(`A browser refuses the cookie ${name}: ${why}`);
  };
  if (name === '' || Number.isNaN(cookie.expiresAt)) refuse('it cannot be read');
  if (attributes.has('domain')) refuse('ours name no domain');
  if (/^__(?:Host|Secure)-/i.test(name) && !cookie.secure) refuse('its prefix wants Secure');
  if (/^__Host-/i.test(name) && attributes.get('path') !== '/') refuse('its prefix wants Path=/');
  if (cookie.sameSite === 'none' && !cookie.secure) refuse('SameSite=None wants Secure');
  return cookie;
}

function split(pair: string): [string, string] {
  const equals = pair.indexOf('=');
  return equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
}
