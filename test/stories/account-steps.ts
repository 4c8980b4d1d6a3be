import assert from 'node:assert/strict';
import { decodeBase32 } from '../../src/base32.ts';
import type { Options } from '../../src/options.ts';
import { quickHash } from '../quick-hash.ts';
import { freshCode, inWorld, type Person, type World } from '../server.ts';
import { dump } from '../tables.ts';
import { codesIn, elements, textOf } from '../visitor/markup.ts';
import { type Visitor, visit } from '../visitor.ts';

/** What people do on the pages of their account, in a browser without scripts. */

export const next = 'quite another long password';

/** A world whose people sign in by the pages, often. */
export const onPages = (story: (world: World) => Promise<void>, options: Partial<Options> = {}): Promise<void> =>
  inWorld(story, options, { argon2: quickHash });

/** Signs in with everything that is demanded; turns the clock to a fresh step where a code is. */
export async function enter(
  world: World,
  { name, password, secret }: Person,
  browser: Parameters<typeof visit>[1] = {},
): Promise<Visitor> {
  const visitor = await visit(world, browser).open('/sign-in');
  await visitor.submit({ username: name, password });
  if (secret) await visitor.submit({ otp: freshCode(world, secret) });
  return visitor;
}

/** Proves again, on the page that asks for it, and is taken on from there. */
export async function proveAgain(world: World, visitor: Visitor, { password, secret }: Person): Promise<Visitor> {
  assert.equal(visitor.path, '/reauthenticate');
  return visitor.submit({ password, ...(secret ? { otp: freshCode(world, secret) } : {}) });
}

/** The secret whose key stands on the page. */
export function keyOn({ page }: Visitor): Buffer {
  const [key] = elements(page.document, ({ attributes }) => attributes['id'] === 'secret');
  assert.ok(key, 'there is no key on the page');
  const groups = textOf(key);
  assert.match(groups, /^(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}$/);
  return Buffer.from(decodeBase32(groups.replaceAll(' ', '')) ?? []);
}

/** The ten recovery codes that the page shows. */
export function codesOn({ page }: Visitor): string[] {
  const codes = codesIn(page.document);
  assert.equal(page.h1, 'Save your recovery codes');
  assert.equal(codes.length, 10);
  return codes;
}

/** Where the page says to go next. */
export function primary({ page }: Visitor): (string | undefined)[] {
  return elements(page.document, ({ attributes }) => attributes['class'] === 'button primary').map(
    ({ attributes }) => attributes['href'],
  );
}

/** How the form was answered: the status, what the alert says, and that the title begins with it. */
export function assertMistake({ status, page }: Visitor, expected: number, said: RegExp): void {
  assert.equal(status, expected, page.text);
  assert.match(page.alert, said);
  assert.match(page.title, /^Error: /);
}

/** The names of the fields that are marked as wrong. */
export function wrongFields({ page }: Visitor): (string | undefined)[] {
  const marked = elements(page.document, ({ attributes }) => attributes['aria-invalid'] === 'true');
  for (const { attributes } of marked) assert.match(attributes['aria-describedby'] ?? '', /^error\b/);
  return marked.map(({ attributes }) => attributes['name']);
}

/** Asserts that nothing stored has changed but notes of the attempt, and when a session was last seen. */
export async function unchanged(world: World, happens: () => Promise<unknown>): Promise<void> {
  const seen = (): object => {
    const { sessions = [], ...rest } = dump(world, ['audit', 'budgets']);
    return { ...rest, sessions: sessions.map(({ last_seen_at: _, ...row }) => row) };
  };
  const before = seen();
  await happens();
  assert.deepEqual(seen(), before);
}
