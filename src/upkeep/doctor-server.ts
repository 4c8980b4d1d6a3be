import type { ServerFacts } from '../database/database.ts';
import type { Finding } from './finding.ts';

/** The server of PostgreSQL, and the connection to it, as a check of the doctor. Nothing here shows a password. */
export function serverFindings(facts: ServerFacts): Finding[] {
  const { version, address, database, tls } = facts;
  const where = `${database}${address ? ` at ${address}` : ''}, ${tls ?? 'without TLS'}`;
  const found = `PostgreSQL ${version}, ${where}. It keeps what it acknowledges. ${standbysOf(facts)}`;
  return [ok(found), ...clearFindings(facts), ...standbyFindings(facts), ...roomFindings(facts)];
}

function standbysOf({ waitsFor }: ServerFacts): string {
  return waitsFor === '' ? 'A commit waits for no standby.' : `A commit waits for standbys: ${waitsFor}.`;
}

function clearFindings({ tls, isHere }: ServerFacts): Finding[] {
  if (tls !== null || isHere) return [];
  const found = 'What travels between here and the database is not encrypted.';
  const todo = 'Take sslmode=disable out of the database URL, unless nobody else can reach that network.';
  return [{ check: 'connection', state: 'warning', found, todo }];
}

/** With a standby that commits do not wait for, a fail-over loses the last of them; with none of those they wait for, all stops. */
function standbyFindings({ waitsFor, followers }: ServerFacts): Finding[] {
  if (waitsFor === '' && followers > 0) {
    const found = `${followers === 1 ? 'One standby follows' : `${followers} standbys follow`}, and no commit waits for any: a fail-over loses what was acknowledged last.`;
    const todo = 'Name the standbys that one may fail over to in synchronous_standby_names.';
    return [{ check: 'connection', state: 'warning', found, todo }];
  }
  if (waitsFor !== '' && followers === 0) {
    const found = `Commits wait for standbys (${waitsFor}), and none follows: nothing can be written.`;
    const todo = 'Start the standby again, or name others in synchronous_standby_names.';
    return [{ check: 'connection', state: 'failure', found, todo }];
  }
  return [];
}

function roomFindings({ freeConnections, neededConnections }: ServerFacts): Finding[] {
  if (freeConnections >= neededConnections) return [];
  const found = `The server has room for ${Math.max(freeConnections, 0)} more connections, and an instance takes up to ${neededConnections}.`;
  const todo = 'Raise max_connections, or the limit of that user or database, or let others use fewer.';
  return [{ check: 'connection', state: 'warning', found, todo }];
}

const ok = (found: string): Finding => ({ check: 'connection', state: 'ok', found });
