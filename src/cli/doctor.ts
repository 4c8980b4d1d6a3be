import { isoTime, systemClock } from '../clock.ts';
import type { Finding } from '../upkeep/upkeep.ts';
import { type Call, Failure } from './call.ts';
import { checkKeys, checkMark, checkOptions, invalidOption } from './config.ts';
import { lacksDatabase, withService } from './service.ts';

/** `countersign doctor`: what is wrong with the service, and what to do. It changes nothing but what it is told to. */
export async function doctor(call: Call): Promise<void> {
  if (call.flags['acceptClock'] === true) await acceptClock(call);
  const findings = await findingsOf(call);
  const failures = findings.filter(({ state }) => state === 'failure').length;
  call.answer(findings.map(paragraph).join('\n'), { ok: failures === 0, findings });
  if (failures > 0)
    throw new Failure(failures === 1 ? 'One thing must be mended.' : `${failures} things must be mended.`);
}

async function findingsOf(call: Call): Promise<Finding[]> {
  const invalid = await invalidOption(call);
  if (invalid) return [misconfigured(invalid)];
  const { options } = call.settings();
  const { examine } = await import('../upkeep/upkeep.ts');
  // Where there is a database, its keys and its mark are checks of their own.
  const isNew = await lacksDatabase(options).catch(() => true);
  const ofFiles = isNew ? [...(await checkKeys(options)), ...(await checkMark(options))] : [];
  const problems = [...(await checkOptions(options)), ...ofFiles].map(misconfigured);
  const inOrder: Finding = { check: 'configuration', state: 'ok', found: 'Every option can be used.' };
  return [...(problems.length > 0 ? problems : [inOrder]), ...(await examine(options, systemClock))];
}

const misconfigured = (found: string): Finding => ({ check: 'configuration', state: 'failure', found });

/** As many names as fit on a few lines; `--json` has them all. */
const namesShown = 20;

function paragraph({ state, check, found, todo, users = [] }: Finding): string {
  const more = users.length > namesShown ? ` and ${users.length - namesShown} more (--json names them)` : '';
  const names = users.length > 0 ? `\n  ${users.slice(0, namesShown).join(', ')}${more}` : '';
  return `${state.padEnd(7)}  ${check}: ${found}${names}${todo ? `\n  → ${todo}` : ''}`;
}

async function acceptClock(call: Call): Promise<void> {
  await withService(call, 'must exist', async (service) => {
    const accepted = await service.acceptClock();
    if (!accepted)
      throw new Failure(
        'The clock is not behind any stored event: there is nothing to accept, and nothing was changed.',
      );
    const { now, sessions, steps } = accepted;
    call.say(
      `${isoTime(now)} is accepted as the time. Sessions ended: ${sessions}; authenticators whose last code lay in the future: ${steps}. One-time links are void.`,
    );
  });
}
