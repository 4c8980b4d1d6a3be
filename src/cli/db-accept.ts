import { createReadStream, existsSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { isoTime } from '../clock.ts';
import type { Service } from '../service.ts';
import { type Call, clean, Failure } from './call.ts';
import { withService } from './service.ts';

/**
 * The end of `countersign db restore`: accepts a database that is, or may be, an older copy, and says what that has ended
 * and what has to be done again. `already` is what was done before, for the answer as JSON.
 */
export async function acceptDatabase(call: Call, already: object = {}): Promise<void> {
  await withService(call, 'must exist', async ({ acceptRestored, clock, database }) => {
    const { whoServes } = await import('../upkeep/upkeep.ts');
    const served = await whoServes(database.read, clock());
    if (served) throw new Failure(served);
    const accepted = await acceptRestored({ audit: auditLines(call) });
    call.answer(inWords(accepted), { ...already, ...described(accepted) });
  });
}

/** Reads the file of --audit to its end, and throws where it is no exported log: better before anything is done. */
export async function checkAuditFile(call: Call): Promise<void> {
  const { audit } = call.flags;
  const lines = auditLines(call);
  if (typeof audit !== 'string' || !lines) return;
  if (!existsSync(audit)) throw new Failure(`There is no file ${audit}.`);
  // It is read twice, which a pipe is not.
  if (!statSync(audit).isFile())
    throw new Failure(`${audit} is no file: give one that \`countersign audit export\` has written.`);
  const { readExported } = await import('../upkeep/upkeep.ts');
  await readExported(lines);
}

/** Begins to read only when the first line is asked for: those that come before that, nobody would hear. */
async function* linesOf(file: string): AsyncGenerator<string> {
  yield* createInterface({ input: createReadStream(file) });
}

function auditLines({ flags: { audit } }: Call): AsyncIterable<string> | undefined {
  return typeof audit === 'string' ? linesOf(audit) : undefined;
}

type Accepted = Awaited<ReturnType<Service['acceptRestored']>>;

function inWords({ now, generation, voided, changed, exported }: Accepted): string {
  const { sessions, browsers, recovery_codes, links, service_tokens, authenticators } = voided;
  const lines = [
    `This database is accepted at ${isoTime(now)}, as generation ${generation}.`,
    `Ended: ${some(sessions, 'session')}, ${some(browsers, 'known browser')}, ${some(service_tokens, 'service token')}. Void: ${some(recovery_codes, 'recovery code')}, ${some(links, 'link')}.`,
    `Codes of the present minute are refused, because they may be spent (${some(authenticators, 'authenticator')}).`,
  ];
  if (changed === undefined || !exported)
    return [
      ...lines,
      'What was changed about accounts since then is not known: who was disabled or deleted, or had a factor taken away, may be as before. Do that again; --audit FILE lists it where there is an exported audit log.',
    ].join('\n');
  lines.push(`Read ${some(exported.rows, 'row')} of the exported audit log, up to row ${exported.newest}.`);
  if (changed.length === 0) return [...lines, 'By these nothing else has changed about any account.'].join('\n');
  return [...lines, 'Changed since then, to be done again:', ...changed.map(lineOf)].join('\n');
}

const some = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

function lineOf({ userId, name, events }: NonNullable<Accepted['changed']>[number]): string {
  const whose = userId === undefined ? 'no account' : (name ?? `${userId}, of whom this database knows nothing`);
  return clean(`  ${whose}: ${events.map(({ event, at }) => `${event} (${at})`).join(', ')}`);
}

function described({ now, generation, voided, changed, exported }: Accepted) {
  return {
    accepted_at: isoTime(now),
    generation,
    voided,
    audit: exported ?? null,
    changed:
      changed?.map(({ userId, name, events }) => ({ user_id: userId ?? null, user: name ?? null, events })) ?? null,
  };
}
