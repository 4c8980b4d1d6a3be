import { minute } from '../../src/clock.ts';
import { softwareAuthenticator } from '../authenticator.ts';
import type { CreationOptions, RequestOptions } from '../call.ts';
import type { Account, Answered, Held, Passkey } from './account.ts';
import * as account from './account.ts';
import type { Clock } from './clock.ts';
import { type Deed, firstCodes } from './deed.ts';
import type { Door, Reply } from './door.ts';
import type { Random } from './random.ts';

/** What somebody does with passkeys: each deed takes a request before, for what is asked; nothing when that is lost. */
const mostPasskeys = 3;
const challengeLife = 5 * minute;

export async function signInByPasskey(
  who: Account,
  clock: Clock,
  random: Random,
  door: Door,
): Promise<Deed | undefined> {
  const passkey = who.passkeys[random.below(who.passkeys.length)];
  const answer = passkey && (await answerOf(passkey, clock, door));
  if (!answer) return undefined;
  const at = clock.now;
  return {
    name: 'sign-in by passkey',
    request: { method: 'POST', path: '/auth/passkeys/sign-in', body: answer.body },
    done: (before, reply) => {
      const token = reply && String(reply.body['token']);
      const begun = account.begin(before, { token, at, strong: true, passkey: true });
      return account.tell(account.spendAnswer(begun, answer), 'sign_in.succeeded');
    },
    lateAt: answer.lateAt,
  };
}

/** What a passkey answers to who would sign in; nothing when what is asked does not come. */
export async function answerOf({ device }: Passkey, clock: Clock, door: Door): Promise<Answered | undefined> {
  const lateAt = clock.now + challengeLife;
  const asked = bodyOf(await door({ method: 'POST', path: '/auth/passkeys/sign-in/options' }));
  if (!asked) return undefined;
  const credential = device.get(asked['options'] as RequestOptions);
  return { body: { ceremony: asked['ceremony'], credential }, lateAt };
}

export async function reauthenticateByPasskey(
  { passkeys }: Account,
  { token }: Held,
  clock: Clock,
  door: Door,
): Promise<Deed | undefined> {
  const [at, path] = [clock.now, '/auth/passkeys/reauthentication/options'];
  const asked = bodyOf(await door({ method: 'POST', path, token }));
  const credential = asked && passkeys.at(-1)?.device.get(asked['options'] as RequestOptions);
  return (
    credential && {
      name: 'reauthentication by passkey',
      request: { method: 'POST', path: '/auth/reauthenticate', token, body: { passkey: credential } },
      done: (before, reply) => {
        const held = { token: reply && String(reply.body['token']), at, strong: true, passkey: true };
        return account.tell(account.begin(account.end(before, token), held), 'session.reauthenticated');
      },
      lateAt: at + challengeLife,
    }
  );
}

export async function changePasskeys(who: Account, held: Held, random: Random, door: Door): Promise<Deed | undefined> {
  const passkey = who.passkeys[random.below(2 * who.passkeys.length + 1)];
  if (passkey) return remove(passkey, held, door);
  return who.passkeys.length < mostPasskeys ? add(held, random, door) : undefined;
}

async function add({ token }: Held, random: Random, door: Door): Promise<Deed | undefined> {
  const path = '/auth/passkeys/registration/options';
  const asked = bodyOf(await door({ method: 'POST', path, token }));
  if (!asked) return undefined;
  const device = softwareAuthenticator({ counts: random.below(2) === 0 });
  const credential = device.create(asked['options'] as CreationOptions);
  const passkey = { name: `Key ${random.below(2 ** 31)}`, device };
  return {
    name: 'new passkey',
    request: { method: 'POST', path: '/auth/passkeys', token, body: { name: passkey.name, credential } },
    done: (before, reply) => {
      const added = account.addPasskey(account.endOthers(before, token), passkey);
      return account.tell(firstCodes(before, provedBy(added, token), reply), 'passkey.added');
    },
  };
}

/** Whoever adds a passkey has proved it with that; when a password was proved says nothing any more. */
function provedBy(who: Account, token: string): Account {
  const at = who.sessions.find((held) => held.token === token)?.at ?? 0;
  return account.prove(who, token, { at, strong: true, passkey: true });
}

async function remove(passkey: Passkey, { token }: Held, door: Door): Promise<Deed | undefined> {
  const listed = bodyOf(await door({ method: 'GET', path: '/auth/passkeys', token }));
  const all = (listed?.['passkeys'] ?? []) as { id: string; name: string }[];
  const id = all.find(({ name }) => name === passkey.name)?.id;
  return id === undefined
    ? undefined
    : {
        name: 'removal of a passkey',
        request: { method: 'DELETE', path: `/auth/passkeys/${id}`, token },
        done: (before) => {
          const removed = account.removePasskey(account.endOthers(before, token), passkey);
          return account.tell(removed, 'passkey.removed');
        },
      };
}

const bodyOf = (reply: Reply | 'lost'): Reply['body'] | undefined =>
  reply !== 'lost' && reply.status === 200 ? reply.body : undefined;
