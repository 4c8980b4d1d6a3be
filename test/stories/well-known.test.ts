/** Where password managers look for the pages of an account. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makePerson } from '../server.ts';
import { enter, onPages } from './account-steps.ts';

test('the pages for passkeys are found by the public URL, whatever the request says of itself', () =>
  onPages(
    async (world) => {
      for (const headers of [{}, { host: 'evil.example', 'x-forwarded-host': 'evil.example' }]) {
        const { status, text, headers: sent } = await world.call('GET', '/.well-known/passkey-endpoints', { headers });
        const page = 'https://sign-in.example/account/passkeys';
        assert.deepEqual([status, JSON.parse(text)], [200, { enroll: page, manage: page }]);
        assert.match(String(sent['content-type']), /^application\/json\b/);
      }
    },
    { publicUrl: 'https://sign-in.example', trustProxy: ['127.0.0.1'] },
  ));

test('the way to change a password leads to its page, and a well-known address that is none is none', () =>
  onPages(async (world) => {
    const visitor = await enter(world, await makePerson(world));
    await visitor.open('/.well-known/change-password');
    assert.deepEqual([visitor.status, visitor.path, visitor.hops[0]?.status], [200, '/account/password', 303]);
    const nowhere = '/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200';
    assert.equal((await world.call('GET', nowhere)).status, 404);
  }));
