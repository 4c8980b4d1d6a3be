import { availableParallelism } from 'node:os';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import * as z from 'zod';
import { day, hour, minute, second } from './clock.ts';
import { choice, duration, list, number, retention, secret, text } from './option-kinds.ts';

export { durationText, readDuration } from './durations.ts';

/**
 * Every option: its type, default, limits, and why it is there. `createServer` takes them as an object; the CLI reads
 * them from flags and from `COUNTERSIGN_*`. Durations are milliseconds in the object and `90s`, `15m`, `24h` as text.
 */
const path = z.string().min(1).max(4096);
const origin = z
  .string()
  .refine((given) => URL.canParse(given) && new URL(given).origin === given, 'write it as https://host[:port]');
const network = z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()], 'write addresses or networks like 10.0.0.0/8');

export const optionTable = {
  host: text(
    'HOST',
    z.string().min(1).max(253),
    'localhost',
    'Address to listen on; localhost is 127.0.0.1 and ::1 both.',
  ),
  port: number(0, 65535, 8000, 'Port to listen on; 0 takes any free one.'),
  data: text('DIR', path, './data', 'Folder of the SQLite database; made with mode 0700.'),
  databaseUrl: secret(
    'URL',
    z.union([
      z.literal(''),
      z
        .string()
        .regex(/^postgres(ql)?:\/\//, 'write it as postgres://USER@HOST/DATABASE')
        .max(4096),
    ]),
    'PostgreSQL in place of the SQLite file: postgres://USER:PASSWORD@HOST:PORT/DATABASE; several hosts, parted by commas, where one of them is the primary.',
  ),
  keyFile: text('FILE', path, './keys/countersign.keys', 'Keys that seal secrets; keep a copy, apart from the data.'),
  markFile: text(
    'FILE',
    z.string().max(4096),
    '',
    'Where the mark is kept that tells an older copy of the database, apart from the data; none by default.',
  ),
  publicUrl: text(
    'URL',
    z.union([z.literal(''), origin]),
    '',
    'Where people reach the service; passkeys are bound to its host name. Default http://localhost:PORT.',
  ),
  trustProxy: list(
    'CIDR,…',
    network,
    'Proxies whose word on the client address counts; with an https public-url they alone are answered.',
  ),
  proxyHeader: text(
    'NAME',
    z.string().regex(/^[A-Za-z-]{1,64}$/),
    'X-Forwarded-For',
    'The one header in which those proxies pass the client address.',
  ),
  drain: duration(
    0,
    minute,
    0,
    'How long after SIGTERM requests are still taken while /readyz answers 503, so that a proxy sees it and sends no more.',
  ),
  tlsCert: text('FILE', z.string().max(4096), '', 'Certificate chain (PEM) for TLS of our own.'),
  tlsKey: text('FILE', z.string().max(4096), '', 'Private key (PEM) for TLS of our own.'),
  issuer: text(
    'NAME',
    z
      .string()
      .trim()
      .regex(/^[^:\p{C}]{1,64}$/u, 'at most 64 characters, no colon'),
    'Countersign',
    "The service's name, in authenticator apps and on pages.",
  ),
  contact: text(
    'TEXT',
    z
      .string()
      .trim()
      .regex(/^\P{C}{0,200}$/u, 'at most 200 characters on one line'),
    '',
    'Whom to ask for help: a line at the foot of every page.',
  ),
  requireSecondFactor: choice(
    ['everyone', 'administrators', 'nobody'],
    'administrators',
    'Whose account must have a second factor.',
  ),
  otpInQuery: choice(
    ['on', 'off'],
    'on',
    'Whether ?otp= is accepted; queries end in access logs of proxies, a body does not.',
  ),
  totpWindow: number(0, 1, 1, 'Steps of 30 s accepted before and after the present one.'),
  sessionLifetime: duration(
    minute,
    30 * day,
    24 * hour,
    'How long a session lives at most (NIST SP 800-63B-4, 2.2.3: 24 h).',
  ),
  sessionIdle: duration(
    second,
    30 * day,
    hour,
    'How long a session of an account with a second factor may rest (NIST SP 800-63B-4, 2.2.3: 1 h).',
  ),
  corsOrigins: list(
    'ORIGIN,…',
    origin,
    'Origins whose pages may call the JSON API with a bearer token; never with cookies.',
  ),
  passwordBlocklistFile: text(
    'FILE',
    z.string().max(4096),
    '',
    'More passwords to refuse, one a line, beside the list that ships.',
  ),
  argon2Memory: number(
    19456,
    4194304,
    19456,
    'Argon2id memory in KiB (m). While passwords hashed with other m or t are stored, each sign-in costs one hash of each.',
  ),
  argon2Passes: number(2, 20, 2, 'Argon2id passes (t); as with argon2-memory, others are kept up beside it.'),
  hashConcurrency: number(
    1,
    64,
    Math.min(availableParallelism(), 4),
    'Passwords hashed at the same time, and memory is this times argon2-memory; beyond 4 set UV_THREADPOOL_SIZE too.',
  ),
  hashQueue: number(1, 10_000, 64, 'Sign-ins that may wait for a hash; beyond it the answer is 503 with Retry-After.'),
  auditRetention: retention(
    30 * day,
    3650 * day,
    400 * day,
    'How long rows of the audit log are kept; 0 keeps all. A year and a month: the last year can always be looked at.',
  ),
  metricsPort: number(0, 65535, 0, 'Port of GET /metrics, on loopback only; 0 is none.'),
  logLevel: choice(
    ['fatal', 'error', 'warn', 'info', 'debug', 'silent'],
    'info',
    'How much is logged, as JSON lines on stdout.',
  ),
};

export type Options = { [Name in keyof typeof optionTable]: (typeof optionTable)[Name]['default'] };
export type OptionName = keyof Options;

export const optionNames = Object.keys(optionTable) as OptionName[];

export class OptionError extends Error {
  override name = 'OptionError';
}

/** Fills in defaults and checks every value; throws `OptionError` with a sentence that says which one is wrong and why. */
export function resolveOptions(given: { [Name in OptionName]?: unknown }): Options {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(optionTable, name));
  if (unknown) throw new OptionError(`There is no option "${unknown}".`);
  const resolved = optionNames.map((name) => [name, check(name, given[name] ?? optionTable[name].default)]);
  const options = Object.fromEntries(resolved) as Options;
  // Without a proxy nobody looks at /readyz before sending, and waiting would help nobody.
  if (given.drain === undefined && options.trustProxy.length > 0) options.drain = drainBehindProxy;
  if (isInside(options.data, options.keyFile)) {
    throw new OptionError(
      'The key file must not lie in the data folder: a copy of that would hold both. Name another place with --key-file.',
    );
  }
  if (options.markFile !== '' && isInside(options.data, options.markFile)) {
    throw new OptionError(
      'The mark file must not lie in the data folder: it would be put back together with that. Name another place with --mark-file.',
    );
  }
  if (options.metricsPort !== 0 && options.metricsPort === options.port) {
    throw new OptionError('Give --metrics-port another port than --port.');
  }
  if ((options.tlsCert === '') !== (options.tlsKey === ''))
    throw new OptionError('Give tls-cert and tls-key together.');
  return options;
}

/** Longer than a proxy takes to look at `/readyz` twice: most do so every one or two seconds. */
const drainBehindProxy = 5 * second;

/** Where the database is: PostgreSQL where there is a URL of one, else the SQLite file of the data folder. */
export function databaseOf({
  databaseUrl,
  data,
}: Pick<Options, 'databaseUrl' | 'data'>): { url: string } | { file: string } {
  return databaseUrl === '' ? { file: databaseFile(data) } : { url: databaseUrl };
}

/** The SQLite file of a data folder. */
export const databaseFile = (data: string): string => join(data, 'countersign.db');

/** Whether people reach the service through a TLS proxy in front of it; then nobody else is answered. */
export function isBehindProxy(options: Options): boolean {
  return options.publicUrl.startsWith('https://') && options.trustProxy.length > 0 && options.tlsCert === '';
}

/** Whether a host is this machine and nobody else's. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/.test(host);
}

/** The environment variable of an option: `keyFile` is `COUNTERSIGN_KEY_FILE`. */
export function environmentName(name: OptionName): string {
  return `COUNTERSIGN_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/** The flag of an option: `keyFile` is `--key-file`. */
export function flagName(name: OptionName): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function isInside(folder: string, file: string): boolean {
  const way = relative(resolve(folder), resolve(file));
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function check(name: OptionName, value: unknown): unknown {
  const { success, data, error } = optionTable[name].schema.safeParse(value);
  if (success) return data;
  const reason = error.issues[0]?.message ?? 'not valid';
  const shown = 'secret' in optionTable[name] ? 'what it is' : JSON.stringify(value);
  throw new OptionError(`${flagName(name)} (${environmentName(name)}) cannot be ${shown}: ${reason}.`);
}
