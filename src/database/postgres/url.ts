import { readFileSync } from 'node:fs';
import { isLoopback, OptionError } from '../../options.ts';

/** The texts of PEM files; the server's certificate is checked against the authorities of Node where there is no `ca`. */
export interface Tls {
  ca?: string;
  cert?: string;
  key?: string;
}

/** One server that may be the primary, and how it is reached. */
export interface Target {
  host: string;
  port: number;
  user: string;
  password: string | undefined;
  database: string;
  ssl: Tls | false;
}

const refuse = (why: string): never => {
  throw new OptionError(`--database-url (COUNTERSIGN_DATABASE_URL) ${why}.`);
};

const form = 'postgres://USER:PASSWORD@HOST/DATABASE, with / ? # in a password as %2F %3F %23';

const known = ['host', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey'];

/**
 * Reads `postgres://user:password@host:port[,host:port…]/database`: several hosts are those of one cluster, of which
 * one is the primary. Over a network the connection is encrypted and the server's certificate checked, unless
 * `sslmode=disable` says that the network is to be trusted; `sslrootcert`, `sslcert` and `sslkey` name files, and where
 * one does, it is so on this machine too. Throws `OptionError`, which never repeats the address: a password may stand in
 * it.
 */
export function readPostgresUrl(text: string): Target[] {
  const [, authority = '', rest = ''] =
    /^postgres(?:ql)?:\/\/([^/?#]*)(.*)$/.exec(text) ?? refuse(`is no address of PostgreSQL: ${form}`);
  const at = authority.lastIndexOf('@');
  if (rest.includes('#') || (at < 0 && rest.includes('@'))) refuse(`has a / ? # that ends the password: ${form}`);
  const [user = '', ...password] = authority.slice(0, Math.max(at, 0)).split(':');
  const url = URL.canParse(`postgres://x${rest}`) ? new URL(`postgres://x${rest}`) : refuse('cannot be read as a URL');
  const unknown = [...url.searchParams.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) {
    // What no parameter is called may be the rest of a password.
    const named = /^[a-z_]+$/.test(unknown) ? `"${unknown}"` : 'such parameter';
    refuse(`knows no ${named}; there are ${known.join(', ')}`);
  }
  const database = decoded(url.pathname.slice(1));
  if (database === '' || database.includes('/')) refuse(`must name a database: ${form}`);
  if (user === '') refuse(`must name a user: ${form}`);
  const hosts = url.searchParams.get('host')?.split(',') ?? authority.slice(at + 1).split(',');
  const account = { user: decoded(user), password: password.length > 0 ? decoded(password.join(':')) : undefined };
  return hosts.map((each) => {
    const { host, port } = hostOf(each);
    return { host, port, ...account, database, ssl: tlsOf(host, url.searchParams) };
  });
}

function hostOf(text: string): { host: string; port: number } {
  if (text.startsWith('/')) return { host: text, port: 5432 };
  const [, name = '', port = '5432'] =
    /^(\[[\da-f:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/i.exec(text) ?? refuse('names no host');
  if (Number(port) < 1 || Number(port) > 65_535) refuse('must name a port from 1 to 65535');
  return { host: decoded(name.replace(/^\[|\]$/g, '')), port: Number(port) };
}

function tlsOf(host: string, parameters: URLSearchParams): Tls | false {
  const isHere = host.startsWith('/') || isLoopback(host);
  const named = ['sslrootcert', 'sslcert', 'sslkey'].find((name) => parameters.has(name));
  const mode = parameters.get('sslmode') ?? (isHere && !named ? 'disable' : 'verify-full');
  if (mode === 'disable' && named) refuse(`has ${named}, which sslmode=disable leaves unused: take one of them away`);
  if (mode === 'disable') return false;
  if (mode !== 'verify-full')
    return refuse(
      `cannot have sslmode=${mode}: write verify-full, with sslrootcert=FILE for a private authority, or disable where the network is to be trusted`,
    );
  const file = (name: string): string | undefined => {
    const path = parameters.get(name);
    return path === null ? undefined : pem(name, path);
  };
  const [ca, cert, key] = [file('sslrootcert'), file('sslcert'), file('sslkey')];
  if ((cert === undefined) !== (key === undefined)) refuse('needs sslcert and sslkey both, or neither');
  return { ...(ca ? { ca } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}) };
}

function pem(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'an error';
    return refuse(`names a file by ${name} that cannot be read (${code})`);
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return refuse('has a % that begins no escape: write it as %25');
  }
}
