import assert from 'node:assert/strict';
import type { Answer, Person, World } from '../server.ts';
import { dump } from '../tables.ts';
import { elements } from '../visitor/markup.ts';
import { type Visitor, visit } from '../visitor.ts';

/** What people do on the pages of the portal, in several stories. */

type Named = Pick<Person, 'name' | 'password'>;

/** Types name and password into the page that is open, or into the sign-in page, and sends them. */
export async function givePassword(visitor: Visitor, { name, password }: Named, at = '/sign-in'): Promise<Visitor> {
  await visitor.open(at);
  return visitor.submit({ username: name, password }, { form: '/sign-in' });
}

/** A browser in which somebody with a code has given the password: the page that asks for the code. */
export async function halfWay(world: World, person: Named, at?: string): Promise<Visitor> {
  const visitor = await givePassword(visit(world), person, at);
  assert.deepEqual([visitor.status, visitor.path], [200, '/sign-in/code'], visitor.text);
  return visitor;
}

/** The value of a cookie that the browser keeps now. */
export function kept(
  visitor: Visitor,
  name: 'countersign' | 'countersign-sign-in' | 'countersign-browser' | 'countersign-passkey',
): string | undefined {
  return visitor.cookies.find((cookie) => cookie.name === name)?.value;
}

/** The name of each cookie that the browser keeps now, but the one that comes with every sign-in form. */
export function keptNames(visitor: Visitor): string[] {
  const names = visitor.cookies.map(({ name }) => name).filter((name) => name !== 'countersign-passkey');
  return names.sort();
}

/** The sessions that are stored of somebody. */
export function sessionsOf(world: World, { id }: Pick<Person, 'id'>): number {
  return (dump(world)['sessions'] ?? []).filter((row) => row['user_id'] === id).length;
}

/**
 * Asserts that a form is shown again because of a mistake: the title says so, and a sentence, and the fields that it is
 * about point to that sentence.
 */
export function assertShownAgain(visitor: Visitor, status: number, sentence: RegExp | string, fields: string[]): void {
  const { title, alert, document } = visitor.page;
  assert.equal(visitor.status, status, visitor.text);
  assert.match(title, /^Error: /);
  if (typeof sentence === 'string') assert.equal(alert, sentence);
  else assert.match(alert, sentence);
  const [said] = elements(document, ({ attributes }) => attributes['role'] === 'alert');
  assert.equal(said?.attributes['id'], 'error');
  const wrong = elements(document, ({ attributes }) => attributes['aria-invalid'] === 'true');
  const described = wrong.map(({ attributes }) => [
    attributes['name'],
    attributes['aria-describedby']?.split(' ').includes('error'),
  ]);
  assert.deepEqual(
    described,
    fields.map((name) => [name, true]),
  );
}

/** The value that a field of the page is filled in with. */
export function filledIn(visitor: Visitor, name: string): string | undefined {
  const fields = visitor.page.forms.flatMap((form) => form.fields);
  return fields.find((field) => field.name === name)?.value;
}

export function secretIn({ secret }: Person): Buffer {
  assert.ok(secret);
  return secret;
}

/** Gives the password in a new browser, request by request, and answers the token of its half sign-in. */
export async function begin(world: World, { name: username, password }: Named, from = '127.0.0.1'): Promise<string> {
  const answer = await world.call('POST', '/sign-in', { form: { username, password }, from });
  assert.deepEqual([answer.status, answer.headers['location']], [303, '/sign-in/code']);
  const [, token = ''] = /=(csh_[^;]+)/.exec(cookiesIn(answer).join()) ?? [];
  assert.match(token, /^csh_[A-Za-z0-9_-]{43}$/);
  return token;
}

/** Sends a code for the half sign-in of a token. */
export function finish(world: World, half: string, code: { otp: string } | { recovery_code: string }): Promise<Answer> {
  const url = 'otp' in code ? '/sign-in/code' : '/sign-in/recovery-code';
  return world.call('POST', url, { form: code, headers: { cookie: `countersign-sign-in=${half}` } });
}

/** The Set-Cookie headers of an answer, each as it was sent. */
export const cookiesIn = ({ headers }: Answer): string[] => [headers['set-cookie'] ?? []].flat().map(String);
