import assert from 'node:assert/strict';
import { Problem } from '../src/http/http.ts';
import { registrationResponse } from '../src/passkeys/passkeys.ts';
import { type SoftwareAuthenticator, softwareAuthenticator, type Wrong } from './authenticator.ts';
import type { Answer, CallOptions, RequestOptions } from './call.ts';
import { makePerson, type Person, signIn, type World } from './server.ts';

/** Somebody whose account has a passkey, with the device that holds it. */
export interface PasskeyPerson extends Person {
  device: SoftwareAuthenticator;
  /** The id of the passkey at the service. */
  passkeyId: string;
}

/** Adds a passkey by a fresh session, and answers what the service says. */
export async function addPasskey(
  world: World,
  token: string,
  device: SoftwareAuthenticator,
  { name = 'Phone', wrong = {} }: { name?: string; wrong?: Wrong } = {},
): Promise<Answer> {
  const { body } = await world.call('POST', '/auth/passkeys/registration/options', { token });
  const credential = device.create(body.options, wrong);
  return world.call('POST', '/auth/passkeys', { token, body: { name, credential } });
}

/** Carol: a password and a passkey. */
export async function makePersonWithPasskey(
  world: World,
  name = 'carol',
  { administrator = false, device = softwareAuthenticator() } = {},
): Promise<PasskeyPerson> {
  const person = await makePerson(world, name, administrator);
  const token = await signIn(world, person);
  const { body } = await addPasskey(world, token, device);
  await world.call('DELETE', '/auth/sessions/current', { token });
  return { ...person, device, passkeyId: body.passkey.id, recoveryCodes: body.recovery_codes };
}

/** Where a program is, and what it sends along. */
type Sender = Pick<CallOptions, 'from' | 'headers'>;

/** What a program asks for before a sign-in with a passkey. */
export async function askToSignIn(
  world: World,
  sender: Sender = {},
): Promise<{ ceremony: string; options: RequestOptions }> {
  const { body } = await world.call('POST', '/auth/passkeys/sign-in/options', sender);
  return { ceremony: body.ceremony, options: body.options };
}

/** Signs in with a passkey alone, and answers what the service says. */
export async function signInWithPasskey(
  world: World,
  device: SoftwareAuthenticator,
  wrong: Wrong = {},
  sender: Sender = {},
): Promise<Answer> {
  const { ceremony, options } = await askToSignIn(world, sender);
  const credential = device.get(options, wrong);
  return world.call('POST', '/auth/passkeys/sign-in', { ...sender, body: { ceremony, credential } });
}

/** The token of a session by a passkey alone. */
export async function tokenByPasskey(world: World, device: SoftwareAuthenticator): Promise<string> {
  const { status, text, body } = await signInWithPasskey(world, device);
  assert.equal(status, 200, text);
  return body.token;
}

/**
 * Asks for a new passkey and makes it; answered is whether it is kept, or why not. Through no door: the session or link
 * that a challenge is bound to may end before it does.
 */
export async function answerLater(world: World, { id, name }: Person): Promise<() => Promise<unknown>> {
  const { service } = world.server;
  const ceremony = { purpose: 'registration', boundTo: 'a session' } as const;
  const asked = await service.passkeys.creationOptions(service.database.read, { id, name }, ceremony, world.now());
  const answer = registrationResponse.parse(softwareAuthenticator().create(asked));
  return async () => {
    const { passkeys, database } = world.server.service;
    try {
      const given = await passkeys.verify(answer, ceremony, world.now());
      if ('refused' in given) return given.refused;
      await database.transaction((tx) => passkeys.add(tx, id, given, 'Key', world.now()));
      return 'kept';
    } catch (error) {
      if (error instanceof Problem) return error.particulars.members?.['reason'];
      throw error;
    }
  };
}
