import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Inspected, inspectDatabase } from '../database/database.ts';
import type { Options } from '../options.ts';
import { clockBehind, clockSentence } from './clock-check.ts';
import { diskFinding, fileFindings, freeSpace } from './doctor-files.ts';
import { instanceFindings, keyFindings, secretFindings, serviceSecretFindings } from './doctor-keys.ts';
import { type Finding, messageOf, tried } from './finding.ts';

/**
 * The doctor: looks at everything that a service rests on and says what is wrong and what to do. It changes nothing and
 * makes no file, works beside a running server, and also where the service itself would refuse to start.
 */
export async function examine(options: Options, now: number): Promise<Finding[]> {
  return [
    ...(await tried('files', async () => fileFindings(options))),
    ...(await tried('disk', async () => [diskFinding(options.data, freeSpace(options.data))])),
    ...(await databaseFindings(options, now)),
    proxyFinding(options),
  ];
}

async function databaseFindings(options: Options, now: number): Promise<Finding[]> {
  const path = join(options.data, 'countersign.db');
  if (!existsSync(path)) {
    const found = `There is no database in ${options.data}.`;
    const todo = 'The first start makes one. If there should be one, name its folder with --data (COUNTERSIGN_DATA).';
    return [{ check: 'database', state: 'warning', found, todo }];
  }
  try {
    return await inspectDatabase(path, (inspected) => inside(inspected, options, now));
  } catch (error) {
    const found = `${path} cannot be read: ${messageOf(error)}.`;
    const todo = 'Check that this user may read it and that it is the right file, else restore a backup.';
    return [{ check: 'database', state: 'failure', found, todo }];
  }
}

/** What the database itself tells. A schema that is not this version's may lack what the last checks ask for. */
async function inside({ read, schema, faults }: Inspected, options: Options, now: number): Promise<Finding[]> {
  const findings = [integrityFinding(await faults()), schemaFinding(schema)];
  const { findings: ofKeys, keyring } = await keyFindings(read, options);
  findings.push(...ofKeys);
  if (keyring) findings.push(...(await tried('secrets', () => secretFindings(read, keyring))));
  if (schema.missing.length > 0) return findings;
  if (keyring) findings.push(...(await tried('secrets', () => serviceSecretFindings(read, keyring))));
  if (keyring) findings.push(...(await tried('instances', () => instanceFindings(read, keyring, now))));
  findings.push(...(await tried('clock', async () => [clockFinding(await clockBehind(read, now))])));
  return findings;
}

function integrityFinding(faults: string[]): Finding {
  if (faults.length === 0) return { check: 'database', state: 'ok', found: 'The file is whole.' };
  const found = `The file is damaged: ${faults.slice(0, 3).join('; ')}.`;
  const todo = 'Stop the service, keep a copy of the folder as it is, and restore the newest backup.';
  return { check: 'database', state: 'failure', found, todo };
}

function schemaFinding({ missing, unknown }: Inspected['schema']): Finding {
  if (unknown.length > 0) {
    const found = `A newer version has changed this database (${unknown.join(', ')}); this one cannot use it.`;
    return { check: 'schema', state: 'failure', found, todo: 'Install that version again, or a newer one.' };
  }
  if (missing.length === 0) return { check: 'schema', state: 'ok', found: 'It is the one of this version.' };
  const found = `It is the one of an older version (${missing.join(', ')} to come).`;
  const todo = 'Make a backup, then start the service: the start brings it up to date.';
  return { check: 'schema', state: 'warning', found, todo };
}

function clockFinding(behind: Awaited<ReturnType<typeof clockBehind>>): Finding {
  if (!behind) return { check: 'clock', state: 'ok', found: 'It is not behind any stored event.' };
  const todo =
    'Until then no code is accepted. Set the clock of this machine right, or wait where that is only minutes. If this clock is right, because the event was stored while it was wrong, run `countersign doctor --accept-clock`: it ends all sessions.';
  return { check: 'clock', state: 'failure', found: clockSentence(behind), todo };
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
