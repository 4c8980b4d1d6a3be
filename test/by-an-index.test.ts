import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { mock, test } from 'node:test';
import { day } from '../src/clock.ts';
import { makePersonWithPasskey, tokenByPasskey } from './passkeys.ts';
import { makePerson, makePersonWithCode, signIn, wrongCode } from './server.ts';
import { inOffice } from './stories/office.ts';

/**
 * Every statement goes by an index where its table grows with people: among a million a look through all rows holds
 * everybody up. How many rows an index leads to is not seen here.
 */

const growing = [
  ...['users', 'passwords', 'password_links', 'sessions', 'browsers', 'half_sign_ins', 'authenticators'],
  ...['recovery_codes', 'budgets', 'audit', 'passkeys', 'passkey_holders', 'spent_challenges'],
];

/** Those that do, and why they may. */
const allowed: readonly RegExp[] = [
  // How many keys there are is counted once in a thousand new ones, and their number is bounded.
  /^select count\(\*\) as "rows" from "budgets"$/,
];

/** Runs a story, which is told every statement that has been prepared so far. */
async function watching(story: (texts: ReadonlySet<string>) => Promise<void>): Promise<void> {
  const texts = new Set<string>();
  const { prepare } = DatabaseSync.prototype;
  const watched = mock.method(DatabaseSync.prototype, 'prepare', function (this: DatabaseSync, text: string) {
    texts.add(text);
    return prepare.call(this, text);
  });
  try {
    await story(texts);
  } finally {
    watched.mock.restore();
  }
}

function scansOf(database: DatabaseSync, text: string): string[] {
  const plan = database.prepare(`explain query plan ${text}`).all();
  const scanned = plan.flatMap(({ detail }) => /^SCAN (\w+)/.exec(String(detail))?.[1] ?? []);
  return scanned.filter((table) => growing.includes(table)).map((table) => `${table}: ${text}`);
}

test('every statement of a start, request, sign-in or sweep goes by an index', async () => {
  await watching((texts) =>
    inOffice(async (world, { open, users, token }) => {
      const alice = await makePerson(world);
      const bob = await makePersonWithCode(world);
      const session = await signIn(world, alice);
      for (const url of ['/whoami', '/me', '/auth/sessions', '/auth/recovery-codes'])
        assert.equal((await world.call('GET', url, { token: session })).status, 200, url);
      const headers = { cookie: `countersign=${session}`, accept: 'text/html' };
      for (const url of ['/account', '/account/sessions', '/account/activity'])
        assert.equal((await world.call('GET', url, { headers })).status, 200, url);
      const otp = wrongCode(world, bob.secret ?? Buffer.alloc(0));
      assert.equal((await world.call('POST', '/auth/credentials', { basic: bob.basic, body: { otp } })).status, 401);
      assert.equal((await world.call('POST', '/auth/credentials', { basic: 'nobody:at all' })).status, 401);
      const carol = await makePersonWithPasskey(world);
      const byPasskey = await tokenByPasskey(world, carol.device);
      for (const [method, url] of [
        ['POST', '/auth/passkeys/reauthentication/options'],
        ['GET', '/auth/passkeys'],
        ['DELETE', `/auth/passkeys/${carol.passkeyId}`],
      ] as const)
        assert.ok((await world.call(method, url, { token: byPasskey })).status < 300, url);
      assert.equal((await world.call('GET', '/setup')).status, 404);
      for (const path of ['/users', '/users?q=li', `/users/${bob.id}`, '/activity', '/activity?kind=sign-ins&user=bob'])
        assert.ok((await open(path)).status < 500, path);
      assert.equal((await users('GET')).status, 200);
      assert.equal((await users('DELETE', `/${bob.id}`)).status, 204);
      assert.equal((await world.call('DELETE', '/auth/sessions', { token })).status, 204);
      world.turn(500 * day);
      await world.server.service.sweep();
      await world.restart();
      const asked = [...texts].filter((text) => /^\s*(select|insert|update|delete|with)/i.test(text));
      assert.ok(asked.length > 50, `${asked.length} statements`);
      const database = new DatabaseSync(join(world.folder, 'data', 'countersign.db'));
      const judged = asked.filter((text) => !allowed.some((each) => each.test(text)));
      assert.deepEqual(
        judged.flatMap((text) => scansOf(database, text)),
        [],
      );
      database.close();
    }),
  );
});
