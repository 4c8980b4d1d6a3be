import assert from 'node:assert/strict';
import { type SoftwareAuthenticator, softwareAuthenticator, type Wrong } from './authenticator.ts';
import type { CreationOptions } from './call.ts';
import type { Answer, World } from './server.ts';
import { codesIn, readMarkup } from './visitor/markup.ts';
import { passkeyFormsIn } from './visitor/passkey-forms.ts';

/** People whose accounts have no password: they were invited, and made a passkey instead. */

export interface Invited {
  id: string;
  name: string;
  /** Where the link leads, and the secret in it. */
  path: string;
  token: string;
}

export interface PasswordlessPerson {
  id: string;
  name: string;
  device: SoftwareAuthenticator;
  recoveryCodes: string[];
}

/** Somebody new, with a link to choose how to sign in. */
export async function invite(world: World, name = 'iris', administrator = false): Promise<Invited> {
  const { id, link } = await world.server.users.create({ name, administrator });
  return { id, name, ...linkIn(link ?? assert.fail('no link was made')) };
}

export function linkIn(link: string): Pick<Invited, 'path' | 'token'> {
  const url = new URL(link);
  return { path: url.pathname + url.search, token: url.searchParams.get('token') ?? '' };
}

/** What the page of a link asks a browser for; nothing where it offers no passkey. */
export function passkeyAskedOn({ text }: Answer): CreationOptions | undefined {
  return passkeyFormsIn(readMarkup(text)).find(({ does }) => does === 'create')?.options;
}

/** Accepts a link with a passkey that a device makes for it. */
export async function acceptWithPasskey(
  world: World,
  { path, token }: Pick<Invited, 'path' | 'token'>,
  device: SoftwareAuthenticator,
  wrong: Wrong = {},
): Promise<Answer> {
  const options = passkeyAskedOn(await world.call('GET', path)) ?? assert.fail('the page offers no passkey');
  return sendPasskey(world, token, device.create(options, wrong));
}

export function sendPasskey(world: World, token: string, credential: object): Promise<Answer> {
  return world.call('POST', '/invitation', { form: { token, credential: JSON.stringify(credential) } });
}

/** The recovery codes that a page shows. */
export function codesOn({ text }: Answer): string[] {
  return codesIn(readMarkup(text));
}

/** Iris: invited, and signing in with a passkey alone. */
export async function makePasswordlessPerson(
  world: World,
  name = 'iris',
  { administrator = false, device = softwareAuthenticator() } = {},
): Promise<PasswordlessPerson> {
  const invited = await invite(world, name, administrator);
  const answer = await acceptWithPasskey(world, invited, device);
  assert.equal(answer.status, 200, answer.text);
  return { id: invited.id, name, device, recoveryCodes: codesOn(answer) };
}
