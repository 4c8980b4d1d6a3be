import { isoTime } from '../clock.ts';
import type { StoredSession } from '../sessions/sessions.ts';
import { type Call, columns, Failure } from './call.ts';
import { userNamed, withService } from './service.ts';

/** `countersign session …`: where somebody is signed in, and ending that from outside. */

export async function listSessions(call: Call): Promise<void> {
  await withService(call, 'must exist', async (service) => {
    const user = await userNamed(service, call.args[0] ?? '');
    const { proofsOf } = await import('../sign-in/sign-in.ts');
    const stored = await service.signIn.listSessions(service.database.read, user.id, service.clock());
    const sessions = stored.map((each) => ({ ...describe(each), proved: proofsOf(each) }));
    if (sessions.length === 0) call.say(`${user.name} is signed in nowhere.`);
    const rows = sessions.map((each) => [
      each.id,
      each.created_at,
      each.last_seen_at,
      each.proved.join('+'),
      each.address,
      each.user_agent,
    ]);
    const head = ['ID', 'SIGNED IN', 'LAST SEEN', 'PROVED', 'ADDRESS', 'PROGRAM'];
    call.answer(sessions.length === 0 ? '' : columns([head, ...rows]), { sessions });
  });
}

export async function endSessions(call: Call): Promise<void> {
  const [name = '', id] = call.args;
  if ((id === undefined) !== (call.flags['all'] === true))
    throw new Failure('Say which: give the ID of one session, or --all.', 2);
  await withService(call, 'must exist', async (service) => {
    const user = await userNamed(service, name);
    const ended = await service.admin.endSessions('operator', user.id, id);
    if (id !== undefined && ended === 0) {
      throw new Failure(
        `${user.name} has no session "${id}". \`countersign session list ${user.name}\` shows which there are.`,
        3,
      );
    }
    call.answer(`Ended ${ended} ${ended === 1 ? 'session' : 'sessions'} of ${user.name}.`, { ended });
  });
}

export async function endEverySession(call: Call): Promise<void> {
  await withService(call, 'must exist', async (service) => {
    const ended = await service.admin.endEverySession();
    call.answer(`Ended ${ended} ${ended === 1 ? 'session' : 'sessions'}: everybody signs in again.`, { ended });
  });
}

function describe({ id, createdAt, lastSeenAt, expiresAt, address, userAgent }: StoredSession) {
  return {
    id,
    created_at: isoTime(createdAt),
    last_seen_at: isoTime(lastSeenAt),
    expires_at: isoTime(expiresAt),
    address,
    user_agent: userAgent,
  };
}
