import { existsSync } from 'node:fs';
import type { Clock } from '../clock.ts';
import { type Inspected, inspectDatabase, isPostgres, lookAtServer, serverFacts } from '../database/database.ts';
import { databaseFile, databaseOf, type Options } from '../options.ts';
import {
  apartSentence,
  behindSentence,
  clockApart,
  clockBehind,
  type DatabaseTime,
  databaseTimeFor,
} from './clock-check.ts';
import { diskFinding, fileFindings, freeSpace } from './doctor-files.ts';
import { instanceFindings, keyFindings, secretFindings } from './doctor-keys.ts';
import { markFindings } from './doctor-mark.ts';
import { passkeyFindings } from './doctor-passkeys.ts';
import { serverFindings } from './doctor-server.ts';
import { type Finding, messageOf, tried } from './finding.ts';

/**
 * The doctor: looks at everything that a service rests on and says what is wrong and what to do. It changes nothing and
 * makes no file, works beside a running server, and also where the service itself would refuse to start. The clock is
 * asked again wherever it is compared: the checks before may take minutes.
 */
export async function examine(
  options: Options,
  clock: Clock,
  databaseTime: DatabaseTime = databaseTimeFor(clock),
): Promise<Finding[]> {
  const isFile = options.databaseUrl === '';
  return [
    ...(await tried('files', async () => fileFindings(options))),
    ...(isFile ? await tried('disk', async () => [diskFinding(options.data, freeSpace(options.data))]) : []),
    ...(isFile ? await ofFile(options, clock) : await ofServer(options, clock, databaseTime)),
    proxyFinding(options),
  ];
}

async function ofFile(options: Options, clock: Clock): Promise<Finding[]> {
  const path = databaseFile(options.data);
  if (!existsSync(path)) {
    const found = `There is no database in ${options.data}.`;
    const todo = 'The first start makes one. If there should be one, name its folder with --data (COUNTERSIGN_DATA).';
    return [{ check: 'database', state: 'warning', found, todo }];
  }
  return ofDatabase(options, clock, path);
}

/** What the server of PostgreSQL tells, and what is in the database where there is anything of ours. */
async function ofServer(options: Options, clock: Clock, databaseTime: DatabaseTime): Promise<Finding[]> {
  try {
    const { facts, apart, isNew } = await lookAtServer(options.databaseUrl, async (db, isNew) => ({
      facts: await serverFacts(db),
      apart: await clockApart(db, clock, databaseTime),
      isNew,
    }));
    const inIt = isNew ? [emptyFinding] : await ofDatabase(options, clock, facts.database);
    return [...serverFindings(facts), ...inIt, apartFinding(apart)];
  } catch (error) {
    return [{ check: 'connection', state: 'failure', found: `${messageOf(error)}.` }];
  }
}

const emptyFinding: Finding = {
  check: 'database',
  state: 'warning',
  found: 'The database holds nothing of Countersign yet.',
  todo: 'The first start makes its tables. If they should be there, name the right database with --database-url (COUNTERSIGN_DATABASE_URL).',
};

async function ofDatabase(options: Options, clock: Clock, name: string): Promise<Finding[]> {
  try {
    return await inspectDatabase(databaseOf(options), (inspected) => inside(inspected, options, clock));
  } catch (error) {
    const found = `${name} cannot be read: ${messageOf(error)}.`;
    const todo = 'Check that this user may read it and that it is the right one, else restore a backup.';
    return [{ check: 'database', state: 'failure', found, todo }];
  }
}

/** What the database itself tells. A schema that is not this version's may lack what the last checks ask for. */
async function inside({ read, schema, faults }: Inspected, options: Options, clock: Clock): Promise<Finding[]> {
  const findings = [integrityFinding(isPostgres(read) ? 'database' : 'file', await faults()), schemaFinding(schema)];
  const { findings: ofKeys, keyring, fits } = await keyFindings(read, options, clock());
  findings.push(...ofKeys);
  if (keyring) findings.push(...(await tried('secrets', () => secretFindings(read, keyring))));
  if (schema.missing.length > 0) return findings;
  if (keyring && fits) findings.push(...(await tried('instances', () => instanceFindings(read, keyring, clock()))));
  findings.push(...(await tried('mark', () => markFindings(read, options, keyring))));
  findings.push(...(await tried('clock', async () => [clockFinding(await clockBehind(read, clock()))])));
  findings.push(...(await tried('passkeys', () => passkeyFindings(read, options))));
  return findings;
}

function integrityFinding(what: 'file' | 'database', faults: string[]): Finding {
  const whole = what === 'file' ? 'The file is whole.' : 'Every index can be used.';
  if (faults.length === 0) return { check: 'database', state: 'ok', found: whole };
  const found = `The ${what} is damaged: ${faults.slice(0, 3).join('; ')}.`;
  const todo = 'Stop the service, keep a copy as it is, and restore the newest backup.';
  return { check: 'database', state: 'failure', found, todo };
}

function schemaFinding({ missing, unknown, changed, foreign }: Inspected['schema']): Finding {
  if (foreign.length > 0) {
    const found = `Somebody has put a ${foreign.join(' and a ')} into the database, which may change what is stored behind the service's back.`;
    const todo =
      'Keep a copy as it is, look at who could write to it, then drop it or put a backup back. Nothing starts with it.';
    return { check: 'schema', state: 'failure', found, todo };
  }
  if (unknown.length > 0) {
    const found = `A newer version has changed this database (${unknown.join(', ')}); this one cannot use it.`;
    return { check: 'schema', state: 'failure', found, todo: 'Install that version again, or a newer one.' };
  }
  if (changed.length > 0) {
    const found = `Somebody has changed it: ${changed.join('; ')}.`;
    const todo =
      'Look at who could write to it, then undo that or put a backup back. Nothing starts with it; docs/how-to/upgrading.md says how to keep a change of your own.';
    return { check: 'schema', state: 'failure', found, todo };
  }
  if (missing.length === 0) return { check: 'schema', state: 'ok', found: 'It is the one of this version.' };
  const found = `It is the one of an older version (${missing.join(', ')} to come).`;
  const todo = 'Make a backup, then start the service: the start brings it up to date.';
  return { check: 'schema', state: 'warning', found, todo };
}

function clockFinding(behind: Awaited<ReturnType<typeof clockBehind>>): Finding {
  if (!behind) return { check: 'clock', state: 'ok', found: 'It is not behind any stored event.' };
  const todo =
    'No code is accepted meanwhile. Set the clock of this machine right, or wait where that is only minutes. If this clock is right, because the event was stored while it was wrong, run `countersign doctor --accept-clock`: it ends all sessions and one-time links.';
  return { check: 'clock', state: 'failure', found: behindSentence(behind), todo };
}

function apartFinding(apart: number | undefined): Finding {
  if (apart === undefined)
    return { check: 'clock', state: 'ok', found: "It is that of the database's server, within five seconds." };
  const todo =
    'No code is accepted meanwhile. Set the clock of this machine and that of the server right; NTP keeps them so.';
  return { check: 'clock', state: 'failure', found: apartSentence(apart), todo };
}

/** Whose word on the client address counts: where a program signs people in for others, that is what tells them apart. */
function proxyFinding({ trustProxy, proxyHeader }: Options): Finding {
  const everybody = trustProxy.filter((network) => network.endsWith('/0'));
  if (everybody.length > 0) {
    const found = `Everybody may say what address he has (trust-proxy ${everybody.join(', ')}), and so try passwords without end.`;
    const todo = 'Name the addresses of your proxies alone with --trust-proxy.';
    return { check: 'proxies', state: 'failure', found, todo };
  }
  const found =
    trustProxy.length === 0
      ? 'Every request counts under the address it comes from.'
      : `${trustProxy.join(', ')} may say in ${proxyHeader} what address a request comes from.`;
  const todo = `If a program signs people in for others, name it with --trust-proxy and let it pass each person's address in ${proxyHeader}; else all of them share its tries.`;
  return { check: 'proxies', state: 'ok', found, todo };
}
