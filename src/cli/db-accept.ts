import { createReadStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { isoTime } from '../clock.ts';
import type { Service } from '../service.ts';
import { type Call, clean, Failure } from './call.ts';

/**
 * The end of `countersign db restore`: accepts a database that is, or may be, an older copy, and says what that has ended
 * and what has to be done again. `already` is what was done before, for the answer as JSON.
 */
export async function acceptDatabase(call: Call, already: object = {}): Promise<void> {
  const { openService } = await import('../service.ts');
  const service = await openService(call.settings().options);
  try {
    const accepted = await service.acceptRestored({ audit: auditLines(call) });
    call.answer(inWords(accepted), { ...already, ...described(accepted) });
  } finally {
    await service.close();
  }
}

/** Throws `Failure` where the file of --audit is not there: better before anything is done. */
export function checkAuditFile({ flags: { audit } }: Call): void {
  if (typeof audit === 'string' && !existsSync(audit)) throw new Failure(`There is no file ${audit}.`);
}

function auditLines({ flags: { audit } }: Call): AsyncIterable<string> | undefined {
  return typeof audit === 'string' ? createInterface({ input: createReadStream(audit) }) : undefined;
}

type Accepted = Awaited<ReturnType<Service['acceptRestored']>>;

function inWords({ now, generation, voided, changed }: Accepted): string {
  const { sessions, browsers, recoveryCodes, links, serviceTokens, authenticators } = voided;
  const lines = [
    `This database is accepted at ${isoTime(now)}, as generation ${generation}.`,
    `Ended: ${some(sessions, 'session')}, ${some(browsers, 'known browser')}, ${some(serviceTokens, 'service token')}. Void: ${some(recoveryCodes, 'recovery code')}, ${some(links, 'link')}.`,
    `Codes of the present minute are refused, because they may be spent (${some(authenticators, 'authenticator')}).`,
  ];
  if (changed === undefined)
    return [
      ...lines,
      'What was changed about accounts since then is not known: who was disabled or deleted, or had a factor taken away, may be as before. Do that again; --audit FILE lists it where there is an exported audit log.',
    ].join('\n');
  if (changed.length === 0)
    return [...lines, 'By that audit log nothing else has changed about any account.'].join('\n');
  return [...lines, 'Changed since then, to be done again:', ...changed.map(lineOf)].join('\n');
}

const some = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

function lineOf({ userId, name, events }: NonNullable<Accepted['changed']>[number]): string {
  const whose = userId === undefined ? 'no account' : (name ?? `${userId}, of whom this database knows nothing`);
  return clean(`  ${whose}: ${events.map(({ event, at }) => `${event} (${at})`).join(', ')}`);
}

function described({ now, generation, voided, changed }: Accepted) {
  const { recoveryCodes, serviceTokens, ...others } = voided;
  return {
    accepted_at: isoTime(now),
    generation,
    voided: { ...others, recovery_codes: recoveryCodes, service_tokens: serviceTokens },
    changed:
      changed?.map(({ userId, name, events }) => ({ user_id: userId ?? null, user: name ?? null, events })) ?? null,
  };
}
