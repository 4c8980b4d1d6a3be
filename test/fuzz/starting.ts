import { softwareAuthenticator } from '../authenticator.ts';
import { addPasskey, makePersonWithPasskey } from '../passkeys.ts';
import { makePasswordlessPerson } from '../passwordless.ts';
import { makePerson, makePersonWithCode, type Person, signIn, type World } from '../server.ts';
import { dump } from '../tables.ts';
import type { Network } from './budgets-model.ts';
import type { Model } from './model.ts';
import { type Account, newAccount, type Session, stepAt } from './model-rules.ts';
import type { OwnPasskey, PasskeyActs } from './perform-passkeys.ts';
import type { Stage } from './stage.ts';

/** Somebody as he stands when the play begins, with a password, a passkey, or both. */
export interface Starting extends Pick<Person, 'id' | 'name' | 'secret' | 'recoveryCodes'> {
  administrator: boolean;
  password?: string;
  passkey?: OwnPasskey;
}

/**
 * A password alone; both factors; an administrator with both, and one who has yet to enrol; a password and a passkey, a
 * passkey alone, and all three.
 */
export async function makeStarting(world: World): Promise<Starting[]> {
  // The clock turns for him alone: everybody has spent the code of this step.
  const dave = await makeWithAll(world);
  const carol = await makePersonWithPasskey(world);
  const iris = await makePasswordlessPerson(world);
  const known = dump(world)['passkeys']?.find((row) => row['user_id'] === iris.id);
  return [
    { ...(await makePerson(world, 'alice')), administrator: false },
    { ...(await makePersonWithCode(world, 'bob')), administrator: false },
    { ...(await makePersonWithCode(world, 'root', true)), administrator: true },
    { ...(await makePerson(world, 'adam', true)), administrator: true },
    { ...carol, administrator: false, passkey: { device: carol.device, id: carol.passkeyId, counts: true } },
    { ...iris, administrator: false, passkey: { device: iris.device, id: String(known?.['id']), counts: false } },
    dave,
  ];
}

async function makeWithAll(world: World): Promise<Starting> {
  const dave = await makePersonWithCode(world, 'dave');
  const token = await signIn(world, dave);
  const device = softwareAuthenticator();
  const { body } = await addPasskey(world, token, device);
  await world.call('DELETE', '/auth/sessions/current', { token });
  return { ...dave, administrator: false, passkey: { device, id: body.passkey.id, counts: true } };
}

/** Puts somebody into the model as he stands; answers the numbers of his sets of recovery codes as well. */
export function enter(
  { name, id, administrator, password, secret, recoveryCodes, passkey }: Starting,
  { model, stage, passkeys }: { model: Model; stage: Stage; passkeys: PasskeyActs },
  { network, now }: { network: Network; now: number },
): { account: Account; id: string; sets: number[] } {
  const account = newAccount(name, administrator, password === undefined ? 0 : 1);
  const sets: number[] = [];
  if (secret) {
    const by: Session = { account, from: { network }, ends: 0, seen: 0 };
    account.bound = { secret: { id: model.newId(), seen: true }, by, proved: true, spent: stepAt(now) };
    stage.secrets.set(account.bound.secret.id, secret);
  }
  if (passkey) passkeys.enter(account, passkey);
  if (recoveryCodes) {
    account.codes = { set: model.newId(), spent: new Set() };
    stage.sets.set(account.codes.set, recoveryCodes);
    sets.push(account.codes.set);
  }
  model.accounts.push(account);
  return { account, id, sets };
}
