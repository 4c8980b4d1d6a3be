import { availableParallelism } from 'node:os';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import * as z from 'zod';
import { day, hour, minute, second } from './clock.ts';

/**
 * Every option: its type, default, limits, and why it is there. `createServer` takes them as an object; the CLI reads
 * them from flags and from `COUNTERSIGN_*`. Durations are milliseconds in the object and `90s`, `15m`, `24h` as text.
 */
interface Option<T> {
  schema: z.ZodType<T>;
  default: T;
  /** How the text of a flag or of the environment becomes a value for `schema`. */
  read: (text: string) => unknown;
  /** How that text looks, for `--help`. */
  form: string;
  help: string;
}

const text = (form: string, schema: z.ZodType<string>, fallback: string, help: string): Option<string> => {
  return { schema, default: fallback, read: (given) => given, form, help };
};

const number = (low: number, high: number, fallback: number, help: string): Option<number> => {
  const wanted = `write a whole number from ${low} to ${high}`;
  const schema = z.int(wanted).min(low, wanted).max(high, wanted);
  return { schema, default: fallback, read: (given) => (/^\d+$/.test(given) ? Number(given) : given), form: 'N', help };
};

const duration = (low: number, high: number, fallback: number, help: string): Option<number> => {
  const wanted = `write a duration like 90s, 15m or 24h, from ${durationText(low)} to ${durationText(high)}`;
  const schema = z.int(wanted).min(low, wanted).max(high, wanted);
  return { schema, default: fallback, read: readDuration, form: 'DURATION', help };
};

/** A duration for which something is kept, or 0 for ever. */
const retention = (low: number, high: number, fallback: number, help: string): Option<number> => {
  const wanted = `write a duration from ${durationText(low)} to ${durationText(high)}, or 0 to keep all`;
  const schema = z
    .int(wanted)
    .max(high, wanted)
    .refine((given) => given === 0 || given >= low, wanted);
  const read = (given: string): unknown => (given === '0' ? 0 : readDuration(given));
  return { schema, default: fallback, read, form: 'DURATION', help };
};

const list = (form: string, item: z.ZodType<string>, help: string): Option<string[]> => {
  const read = (given: string): string[] => given.split(/[\s,]+/).filter((part) => part !== '');
  return { schema: z.array(item).max(100), default: [], read, form, help };
};

const choice = <const T extends string>(choices: readonly T[], fallback: T, help: string): Option<T> => {
  return { schema: z.enum(choices), default: fallback, read: (given) => given, form: choices.join('|'), help };
};

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
  keyFile: text('FILE', path, './keys/countersign.keys', 'Keys that seal secrets; keep a copy, apart from the data.'),
  publicUrl: text(
    'URL',
    z.union([z.literal(''), origin]),
    '',
    'Where people reach the service; default http://localhost:PORT.',
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
  if (isInside(options.data, options.keyFile)) {
    throw new OptionError(
      'The key file must not lie in the data folder: a copy of that would hold both. Name another place with --key-file.',
    );
  }
  if (options.metricsPort !== 0 && options.metricsPort === options.port) {
    throw new OptionError('Give --metrics-port another port than --port.');
  }
  if ((options.tlsCert === '') !== (options.tlsKey === ''))
    throw new OptionError('Give tls-cert and tls-key together.');
  return options;
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
  throw new OptionError(`${flagName(name)} (${environmentName(name)}) cannot be ${JSON.stringify(value)}: ${reason}.`);
}

/** A duration as text in milliseconds; what is none stays as it is. */
export function readDuration(given: string): unknown {
  const [, amount, unit] = /^(\d{1,6})([smhd])$/.exec(given) ?? [];
  const units: Record<string, number> = { s: second, m: minute, h: hour, d: day };
  return amount && unit ? Number(amount) * (units[unit] ?? 0) : given;
}

/** A duration in the form in which a flag takes it; `24h` rather than `1d`, as people say it. */
export function durationText(ms: number): string {
  const units = [
    [day, 'd', 2 * day],
    [hour, 'h', hour],
    [minute, 'm', minute],
  ] as const;
  const [unit, letter] = units.find(([unit, , least]) => ms % unit === 0 && ms >= least) ?? [second, 's'];
  return `${ms / unit}${letter}`;
}
