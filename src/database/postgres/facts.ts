import { sql } from 'kysely';
import type { Db } from '../engine.ts';
import { isPostgres } from '../sql/dialect.ts';
import { mostConnections } from './limits.ts';

/** What a server of PostgreSQL says of itself and of the connection to it. */
export interface ServerFacts {
  version: string;
  /** The name of the database, and the address of the server; none where both are on this machine and meet in a socket. */
  database: string;
  address: string | null;
  /** Whether the server is on this machine. */
  isHere: boolean;
  /** The version of TLS; none where nothing is encrypted. */
  tls: string | null;
  /** The standbys that a commit waits for, as `synchronous_standby_names` has them; '' for none. */
  waitsFor: string;
  /** How many standbys, and copies that are being made, follow the server. */
  followers: number;
  /** Connections that this user could still open to this database, and those that an instance takes at most. */
  freeConnections: number;
  neededConnections: number;
}

/** Asks the server of PostgreSQL that the database is on; any user may. */
export async function serverFacts(db: Db): Promise<ServerFacts> {
  const { rows } = await askForFacts.execute(db);
  const [facts] = rows;
  if (!facts) throw new Error('the server says nothing of itself');
  return { ...facts, neededConnections: mostConnections };
}

const askForFacts = sql<Omit<ServerFacts, 'neededConnections'>>`
  select current_setting('server_version') as version,
    current_database() as database,
    host(inet_server_addr()) || ':' || inet_server_port() as address,
    coalesce(inet_server_addr() = inet_client_addr(), true) as "isHere",
    (select ssl.version from pg_stat_ssl as ssl where pid = pg_backend_pid()) as tls,
    current_setting('synchronous_standby_names') as "waitsFor",
    (select count(*) from pg_stat_replication) as followers,
    least(
      current_setting('max_connections')::bigint - current_setting('superuser_reserved_connections')::bigint
        - coalesce(current_setting('reserved_connections', true)::bigint, 0)
        - (select sum(numbackends)::bigint from pg_stat_database),
      (select nullif(datconnlimit, -1) - numbackends from pg_database as it join pg_stat_database as stat
        on stat.datid = it.oid where it.datname = current_database()),
      (select nullif(rolconnlimit, -1) - (select count(*) from pg_stat_activity where usename = current_user)
        from pg_roles where rolname = current_user)
    ) as "freeConnections"`;

/** The time of the server of PostgreSQL, in ms; none on SQLite, which has no clock of its own. */
export async function serverTime(db: Db): Promise<number | undefined> {
  if (!isPostgres(db)) return undefined;
  const { rows } = await askForTime.execute(db);
  return rows[0]?.now;
}

const askForTime = sql<{ now: number }>`
  select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as now`;
