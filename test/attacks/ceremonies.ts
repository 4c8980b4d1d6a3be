import assert from 'node:assert/strict';
import { type PasskeyRefusal, refusals } from '../../src/passkeys/passkeys.ts';
import { type Credential, type SoftwareAuthenticator, softwareAuthenticator, type Wrong } from '../authenticator.ts';
import type { CreationOptions, RequestOptions } from '../call.ts';
import { askToSignIn, makePersonWithPasskey, type PasskeyPerson, tokenByPasskey } from '../passkeys.ts';
import type { World } from '../server.ts';
import { givePassword } from '../stories/in-a-browser.ts';
import { mustAsk, second } from '../stories/passkey-questions.ts';
import { type Dump, dump } from '../tables.ts';
import { visit } from '../visitor.ts';

/**
 * The four ceremonies that a passkey answers in, each begun by somebody through the front door, so that one answer can be
 * sent in it: as a program does, and after the password, where there is no other way, as a browser does.
 */
export const kinds = ['registration', 'sign-in', 'second factor', 'reauthentication'] as const;

export type Kind = (typeof kinds)[number];

export interface Begun {
  kind: Kind;
  challenge: string;
  /** What a device answers that has done what it was asked, but for what is `wrong`. */
  answer(wrong?: Wrong, by?: SoftwareAuthenticator): Credential;
  send(credential: object): Promise<Sent>;
}

interface Sent {
  status: number;
  /** What came of it, as the API says it, or as the page does. */
  said: string;
}

/** Somebody with a passkey, and a session by it. */
export interface Member extends PasskeyPerson {
  token: string;
}

export async function makeMember(world: World, name: string, device = softwareAuthenticator()): Promise<Member> {
  return again(world, await makePersonWithPasskey(world, name, { device }));
}

/** The same person in another session. */
export async function again(world: World, person: PasskeyPerson): Promise<Member> {
  return { ...person, token: await tokenByPasskey(world, person.device) };
}

/** Begins a ceremony. */
export async function begin(world: World, kind: Kind, member: Member): Promise<Begun> {
  if (kind === 'registration') return beginRegistration(world, member);
  if (kind === 'second factor') return beginSecondFactor(world, member);
  if (kind === 'sign-in') {
    const { ceremony, options } = await askToSignIn(world);
    const body = (credential: object) => ({ ceremony, credential });
    return beginByApi(world, { kind, options, member, url: '/auth/passkeys/sign-in', body });
  }
  const { token } = member;
  const { body: asked } = await world.call('POST', '/auth/passkeys/reauthentication/options', { token });
  const body = (passkey: object) => ({ passkey });
  return beginByApi(world, { kind, options: asked.options, member, url: '/auth/reauthenticate', body, token });
}

async function beginRegistration(world: World, { token }: Member): Promise<Begun> {
  const { body } = await world.call('POST', '/auth/passkeys/registration/options', { token });
  const options: CreationOptions = body.options;
  return {
    kind: 'registration',
    challenge: options.challenge,
    answer: (wrong, by = softwareAuthenticator()) => by.create(options, wrong),
    async send(credential) {
      const sent = await world.call('POST', '/auth/passkeys', { token, body: { credential } });
      return { status: sent.status, said: sent.body.reason ?? sent.body.code };
    },
  };
}

async function beginByApi(
  world: World,
  given: {
    kind: Kind;
    options: RequestOptions;
    member: Member;
    url: string;
    body: (credential: object) => object;
    token?: string;
  },
): Promise<Begun> {
  const { kind, options, member, url, body } = given;
  let { token } = given;
  return {
    kind,
    challenge: options.challenge,
    answer: (wrong, by = member.device) => by.get(options, wrong),
    async send(credential) {
      const sent = await world.call('POST', url, { ...(token ? { token } : {}), body: body(credential) });
      // Whoever has proved again goes on with the new token of the same session.
      if (token && sent.status === 200) token = sent.body.token;
      return { status: sent.status, said: sent.body.reason ?? sent.body.code };
    },
  };
}

async function beginSecondFactor(world: World, member: Member): Promise<Begun> {
  const visitor = await givePassword(visit(world), member);
  const options = mustAsk(visitor);
  return {
    kind: 'second factor',
    challenge: options.challenge,
    answer: (wrong, by = member.device) => by.get(options, wrong),
    async send(credential) {
      await visitor.post(second, { credential: JSON.stringify(credential) });
      return { status: visitor.status, said: visitor.path === second ? visitor.page.alert : visitor.path };
    },
  };
}

/** What is stored, but for what notes that something was tried. */
export const standing = (world: World): Dump => dump(world, ['audit', 'budgets', 'spent_challenges']);

const statuses = { registration: 422, 'sign-in': 401, 'second factor': 401, reauthentication: 422 };

/** Asserts that an answer is refused for this reason, and that nothing has changed. */
export async function assertNotTaken(
  world: World,
  { kind, send }: Pick<Begun, 'kind' | 'send'>,
  credential: object,
  reason: PasskeyRefusal,
): Promise<void> {
  const before = standing(world);
  const sent = await send(credential);
  const said = kind === 'second factor' ? refusals[reason] : reason;
  assert.deepEqual(sent, { status: statuses[kind], said }, `${kind}: ${reason}`);
  assert.deepEqual(standing(world), before, 'nothing has changed');
}

/** Asserts that an answer is taken. */
export async function assertTaken({ kind, send }: Pick<Begun, 'kind' | 'send'>, credential: object): Promise<void> {
  const { status, said } = await send(credential);
  assert.ok(status === 200 || status === 201, `${kind}: ${status} ${said}`);
}
