import assert from 'node:assert/strict';
import { minute } from '../../src/clock.ts';
import { defaultLimits } from '../../src/throttle/throttle.ts';
import { softwareAuthenticator } from '../authenticator.ts';
import { halfSignIn } from '../inputs.ts';
import {
  codeAt,
  makePerson,
  makePersonWithCode,
  type Person,
  secretOf,
  signIn,
  type World,
  wrongCode,
} from '../server.ts';
import { type Holder, makeHolder, sessionAnswers, signInAnswers, wrongAnswer } from './passkey-answers.ts';
import type { Hints } from './values.ts';

/** Somebody who sends requests: what he is, what he sends to say so, and what he knows that opens something. */
export interface Caller {
  name: string;
  /** Which of the document's security schemes this is for. */
  scheme: 'basic' | 'bearer' | 'none';
  headers: Record<string, string>;
  /** Where he sends them from, if not from here. */
  from?: string;
  /** Tags of the document that few can do much about: he can, so he is asked more often for their operations. */
  about?: readonly string[];
  /** Has failed too often, so that he is asked more often for what may be refused for that. */
  throttled?: true;
  knows: Hints;
}

const throttledHere = '192.0.2.66';
const administering = { about: ['Users', 'Service tokens'] } as const;
const holding = { about: ['Passkeys'] } as const;
const held = { throttled: true } as const;

/** The limits under which everybody stands where this file says; a cut-off of 100 would take long to reach. */
export const limits = {
  ...defaultLimits,
  allOtp: { cutOff: 4, kept: true },
  passkey: { ...defaultLimits.passkey, free: 2 },
} as const;

/** Every kind of caller, each where he stands, in a world that has nobody in it yet. */
export async function makeCast(world: World): Promise<Caller[]> {
  const people = await makePeople(world);
  const { root, bob, alice, unproved, replacing, mistyping, throttled } = people;
  const stale = { root: await signIn(world, root), bob: await signIn(world, bob) };
  world.turn(11 * minute);
  const token = await signAllIn(world, people);
  await world.call('PUT', '/auth/otp/enable', { token: token.unproved, body: { enabled: true } });
  const secret = await secretOf(world, token.unproved);
  await world.call('POST', '/auth/otp/replace', { token: token.replacing });
  const next = await secretOf(world, token.replacing);
  await world.call('DELETE', '/auth/sessions/current', { token: token.ended });
  const program = await world.call('POST', '/service-tokens', { token: token.root, body: { name: 'HR import' } });
  await useUpPasskeys(world);
  const half = await halfSignIn(world, bob);
  const holders = await makeHolders(world);
  // Everybody has been seen just now, and has a step of his own that is not spent.
  world.turn(minute);
  for (const each of [...Object.values({ ...token, stale: stale.bob }), stale.root])
    await world.call('GET', '/me', { token: each });
  await world.call('GET', '/users', { token: program.body.token });
  for (let tries = 0; tries < limits.password.free; tries += 1) await tryInVain(world, throttled, 'wrong');
  await world.call('POST', '/auth/otp/replace', { token: token.mistyping });
  for (let tries = 0; tries < limits.pendingOtp.free; tries += 1)
    await world.call('PUT', '/auth/otp/enable', { token: token.mistyping, body: { enabled: true, otp: 'mistyped' } });

  const ids = {
    Users: Object.values(people).map(({ id }) => id),
    Sessions: await idsOf(world, token),
    'Service tokens': [program.body.id],
    Passkeys: holders.flatMap((holder) => holder.ids.slice(0, 2)),
  };
  const signingIn = await signInAnswers(world, holders[0].device);
  const knowing = (person: Person): Hints => ({ ...secretsOf(world, person), ...ids, ...signingIn });
  const bearer = (name: string, value: string, person: Person): Caller => {
    return { name, scheme: 'bearer', headers: { authorization: `Bearer ${value}` }, knows: knowing(person) };
  };
  return [
    ...basicCallers(people, knowing),
    bearer('alice, who has a password only', token.alice, alice),
    bearer('bob, who has proved both', token.bob, bob),
    bearer('bob, some time ago', stale.bob, bob),
    { ...bearer('root, an administrator', token.root, root), ...administering },
    bearer('root, some time ago', stale.root, root),
    bearer('an administrator who must enrol first', token.enrolling, people.enrolling),
    bearer('somebody whose password is too short now', token.short, people.short),
    bearer('somebody whose authenticator is not proved yet', token.unproved, { ...unproved, secret }),
    bearer('somebody on the way to another phone', token.replacing, { ...replacing, secret: next }),
    { ...bearer('a program with a service token', program.body.token, alice), ...administering },
    { ...bearer('somebody who has mistyped the code of another phone', token.mistyping, mistyping), ...held },
    { ...bearer('somebody throttled', token.throttled, throttled), ...held },
    bearer('somebody whose session has ended', token.ended, alice),
    bearer('somebody with a token that never was', 'csn_wrong', alice),
    await withAnswers(world, bearer('alice, on the way to a passkey', token.alice, alice)),
    await withAnswers(world, bearer('an administrator on the way to a passkey', token.enrolling, people.enrolling)),
    ...(await Promise.all(holders.map((each) => withPasskeys(world, bearer(each.is, each.token, each.person), each)))),
    ...browsers(token.root, half, knowing(root)),
    { name: 'nobody', scheme: 'none', headers: {}, knows: knowing(alice) },
    { name: 'nobody, throttled', scheme: 'none', headers: {}, from: throttledHere, ...held, knows: knowing(alice) },
    { name: 'nobody of sense', scheme: 'none', headers: { authorization: 'Bearer' }, knows: knowing(bob) },
  ];
}

/** Somebody with a passkey, an administrator who must have one, and somebody who has as many as there may be. */
async function makeHolders(world: World) {
  return [
    { is: 'carol, who has passkeys', ...(await makeHolder(world, 'carol', { passkeys: 2 })) },
    { is: 'petra, who must have hers', ...(await makeHolder(world, 'petra', { administrator: true })) },
    { is: 'hoarder, who has twenty', ...(await makeHolder(world, 'hoarder', { passkeys: 20 })) },
  ] as const;
}

/** Passkeys that are none, from one place, until none is judged there any more. */
async function useUpPasskeys(world: World): Promise<void> {
  for (let tries = 0; tries < limits.passkey.free; tries += 1) {
    const body = await wrongAnswer(world);
    await world.call('POST', '/auth/passkeys/sign-in', { body, from: throttledHere });
  }
}

/** A caller who has asked what a passkey is to answer, and knows what this one and a new one do. */
async function withAnswers(world: World, caller: Caller, device = softwareAuthenticator()): Promise<Caller> {
  const token = caller.headers['authorization']?.slice('Bearer '.length) ?? '';
  return { ...caller, knows: { ...caller.knows, ...(await sessionAnswers(world, token, device)) } };
}

/** The same for somebody who has passkeys, and thinks of his own ones. */
async function withPasskeys(world: World, caller: Caller, { device, ids }: Holder): Promise<Caller> {
  const knowing = await withAnswers(world, caller, device);
  return { ...knowing, ...holding, knows: { ...knowing.knows, Passkeys: ids.slice(0, 2) } };
}

type People = Awaited<ReturnType<typeof makePeople>>;

async function signAllIn(world: World, people: People) {
  return {
    root: await signIn(world, people.root),
    bob: await signIn(world, people.bob),
    alice: await signIn(world, people.alice),
    enrolling: await signIn(world, people.enrolling),
    short: await signIn(world, people.short),
    ended: await signIn(world, people.alice),
    throttled: await signIn(world, people.throttled),
    unproved: await signIn(world, people.unproved),
    replacing: await signIn(world, people.replacing),
    mistyping: await signIn(world, people.mistyping),
  };
}

async function makePeople(world: World) {
  const short = { name: 'short', password: 'hut bag 9' };
  const { id } = await world.server.users.create({ ...short, administrator: true });
  await world.server.service.admin.change('operator', id, { administrator: false });
  const off = await makePersonWithCode(world, 'off');
  for (let tries = 0; tries < limits.allOtp.cutOff; tries += 1) await tryInVain(world, off);
  return {
    root: await makePersonWithCode(world, 'root', true),
    bob: await makePersonWithCode(world, 'bob'),
    alice: await makePerson(world, 'alice'),
    enrolling: await makePerson(world, 'enrolling', true),
    short: { ...short, id, basic: `${short.name}:${short.password}` },
    unproved: await makePerson(world, 'unproved'),
    replacing: await makePersonWithCode(world, 'replacing'),
    mistyping: await makePersonWithCode(world, 'mistyping'),
    throttled: await makePerson(world, 'throttled'),
    off,
  };
}

/** A wrong password, or a wrong code where nothing is said of the password. */
async function tryInVain(world: World, { name, password, secret }: Person, typed = password): Promise<void> {
  const body = secret ? { otp: wrongCode(world, secret) } : {};
  const answer = await world.call('POST', '/auth/credentials', { basic: `${name}:${typed}`, body });
  assert.equal(answer.status, 401, answer.text);
}

function basicCallers(people: People, knowing: (person: Person) => Hints): Caller[] {
  const basic = (name: string, person: Person, password = person.password): Caller => {
    const credentials = Buffer.from(`${person.name}:${password}`).toString('base64');
    return { name, scheme: 'basic', headers: { authorization: `Basic ${credentials}` }, knows: knowing(person) };
  };
  return [
    basic('alice by Basic', people.alice),
    basic('bob by Basic', people.bob),
    basic('an administrator without a code by Basic', people.enrolling),
    basic('bob by Basic, mistyped', people.bob, 'wrong'),
    basic('a stranger by Basic', { ...people.alice, name: 'nobody' }),
    { ...basic('somebody throttled by Basic', people.throttled), ...held },
    { ...basic('somebody whose authenticator is off by Basic', people.off), ...held },
    basic('somebody whose password is too short by Basic', people.short),
  ];
}

/** The cookie of a session, from our own page and from elsewhere, and that of a half sign-in, which opens nothing here. */
function browsers(session: string, half: string, knows: Hints): Caller[] {
  const cookie = `countersign=${session}`;
  const own = { 'sec-fetch-site': 'same-origin' };
  return [
    { name: 'root in a browser', scheme: 'bearer', headers: { cookie, ...own }, ...administering, knows },
    { name: 'another site', scheme: 'none', headers: { cookie, 'sec-fetch-site': 'cross-site' }, knows },
    { name: 'somebody half signed in', scheme: 'none', headers: { cookie: half, ...own }, knows },
  ];
}

/** The ids of some sessions, as they stand in addresses. */
async function idsOf(world: World, token: { alice: string; bob: string }): Promise<string[]> {
  const answers = await Promise.all(
    [token.alice, token.bob].map((each) => world.call('GET', '/auth/sessions', { token: each })),
  );
  return answers.flatMap(({ body }) => body.sessions.map(({ id }) => id));
}

function secretsOf(world: World, { secret, password, recoveryCodes = [] }: Person): Hints {
  const good = 'four unrelated plain words';
  return {
    password: [password, password, good],
    current: [password],
    new: [good, 'short'],
    name: ['zoe', 'alice', 'a:b', 'HR import'],
    otp: secret ? [codeAt(secret, world.now()), codeAt(secret, world.now()), wrongCode(world, secret)] : ['123456'],
    recovery_code: [...recoveryCodes.slice(0, 1), 'AAAA-BBBB-CCCC-DDDD-EEEE-FFFF'],
    limit: ['1'],
    accept: ['no_way_in'],
  };
}
