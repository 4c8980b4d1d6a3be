import { type SoftwareAuthenticator, softwareAuthenticator, type Wrong } from '../authenticator.ts';
import { addPasskey, askToSignIn } from '../passkeys.ts';
import { makePerson, type Person, signIn, type World } from '../server.ts';
import type { Hints } from './values.ts';

/** Somebody with passkeys and a session that has just proved everything. */
export interface Holder {
  person: Person;
  device: SoftwareAuthenticator;
  token: string;
  ids: string[];
}

/** Somebody with as many passkeys as are said. */
export async function makeHolder(
  world: World,
  name: string,
  { passkeys = 1, administrator = false } = {},
): Promise<Holder> {
  const person = await makePerson(world, name, administrator);
  const device = softwareAuthenticator();
  const token = await signIn(world, person);
  const ids: string[] = [];
  for (let made = 0; made < passkeys; made += 1) ids.push((await addPasskey(world, token, device)).body.passkey.id);
  return { person, device, token, ids };
}

/** What is wrong with an answer, beside nothing, which is there more often so that some get through. */
const wrongs: readonly Wrong[] = [
  ...[{}, {}, {}, {}],
  { origin: 'https://evil.example' },
  { flags: { uv: false } },
  { rpId: 'evil.example' },
  { challenge: 'made-up' },
];

/**
 * What a passkey answers to the questions of a sign-in that has been begun here: right, and wrong in one way each, several
 * times, and each to a question of its own, because a question is answered once.
 */
export async function signInAnswers(world: World, device: SoftwareAuthenticator): Promise<Hints> {
  const { ceremony } = await askToSignIn(world);
  const signatures = [{ signature: Buffer.from('nonsense') }, { id: Buffer.from('nobody has this') }, { handle: null }];
  const all = Array.from({ length: 8 }, () => [...wrongs, ...signatures]).flat();
  const { passkeyOptions } = world.server.service.signIn;
  const answers = all.map(async (wrong) => device.get((await passkeyOptions.signIn(ceremony)).options, wrong));
  return { ceremony: [ceremony], credential: await Promise.all(answers) };
}

/** What an authenticator answers whose passkey nobody here knows. */
export async function wrongAnswer(world: World): Promise<object> {
  const { ceremony, options } = await askToSignIn(world);
  const device = softwareAuthenticator();
  const user = { id: 'bm9ib2R5', name: 'nobody', displayName: 'nobody' };
  const creation = { rp: { id: options.rpId, name: '' }, user, challenge: '' };
  device.create({ ...creation, pubKeyCredParams: [], excludeCredentials: [], authenticatorSelection: {} });
  return { ceremony, credential: device.get(options) };
}

/**
 * The same to the questions that a session may ask: for a new passkey, each to a question of its own here too, and to prove
 * again who is there.
 */
export async function sessionAnswers(world: World, token: string, device: SoftwareAuthenticator): Promise<Hints> {
  const ask = (what: string) => world.call('POST', `/auth/passkeys/${what}/options`, { token });
  const reauthentication = await ask('reauthentication');
  const theirs = softwareAuthenticator();
  const [held] = device.held;
  const making = [...wrongs, { algorithm: -35 } as const, ...(held ? [{ id: held.id }] : [])];
  const made: object[] = [];
  for (const wrong of making) {
    const registration = await ask('registration');
    if (registration.status === 200) made.push(theirs.create(registration.body.options, wrong));
  }
  const { options } = reauthentication.body;
  return {
    credential: made,
    passkey: reauthentication.status === 200 ? wrongs.map((wrong) => device.get(options, wrong)) : [],
  };
}
