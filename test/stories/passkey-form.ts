import assert from 'node:assert/strict';
import type { SoftwareAuthenticator, Wrong } from '../authenticator.ts';
import { makePasswordlessPerson } from '../passwordless.ts';
import type { World } from '../server.ts';
import { stored } from '../tables.ts';
import { elements, textOf } from '../visitor/markup.ts';
import { type PasskeyForm, passkeyFormsIn } from '../visitor/passkey-forms.ts';
import { type Visitor, visit } from '../visitor.ts';

/** What a person does with the forms that a passkey fills in: as the script does, in a browser that has none. */

/** The forms of the page that a passkey fills in. */
export const passkeyForms = ({ page }: Visitor): PasskeyForm[] => passkeyFormsIn(page.document);

/** Presses the one button for a passkey on the page, and lets the device answer. */
export async function usePasskey(
  visitor: Visitor,
  device: SoftwareAuthenticator,
  { values = {}, wrong = {} }: { values?: Record<string, string>; wrong?: Wrong } = {},
): Promise<Visitor> {
  const [form, ...more] = passkeyForms(visitor);
  assert.ok(form && more.length === 0, 'there is one form for a passkey');
  const { action, does, options, fields } = form;
  const credential = JSON.stringify(does === 'create' ? device.create(options, wrong) : device.get(options, wrong));
  return visitor.post(action, { ...fields, ...values, credential });
}

/** Signs in by a passkey alone, on the sign-in page. */
export async function enterByPasskey(world: World, device: SoftwareAuthenticator): Promise<Visitor> {
  const visitor = await usePasskey(await visit(world).open('/sign-in'), device);
  assert.deepEqual([visitor.status, visitor.path], [200, '/account'], visitor.page.text);
  return visitor;
}

/** The names of the cards of the page. */
export const cardsOn = ({ page }: Visitor): string[] =>
  elements(page.document, ({ attributes }) => attributes['class'] === 'cards')
    .flatMap((list) => elements(list, ({ name }) => name === 'h2'))
    .map(textOf);

/** What the page says before a passkey goes, under the name of its button. */
export const warningOn = ({ page }: Visitor, name: string): string => {
  const folds = elements(page.document, (element) => element.name === 'details');
  const found = folds.map(textOf).filter((text) => text.startsWith(`Remove ${name} `));
  assert.equal(found.length, 1, `one way to remove ${name}`);
  return found[0] ?? '';
};

/** What the page tells the browser of passkeys. */
export const signalOn = ({ page }: Visitor, method: string): unknown => {
  const [found] = elements(page.document, ({ attributes }) => attributes['data-signal'] === method);
  return found && JSON.parse(found.attributes['data-options'] ?? '');
};

/** The ids of all passkeys that there are, the oldest first. */
export const passkeyIds = (world: World): string[] =>
  stored(world, 'SELECT id FROM passkeys ORDER BY created_at, id').map(({ id }) => String(id));

/** A browser of somebody whose account has a passkey and no password. */
export async function invited(world: World, name = 'ivy') {
  const person = await makePasswordlessPerson(world, name);
  return { ...person, visitor: await enterByPasskey(world, person.device) };
}
