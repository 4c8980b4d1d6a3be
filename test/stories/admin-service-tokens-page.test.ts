import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answer, makePersonWithCode } from '../server.ts';
import { actions, assertDone, inOffice, officeOf, words } from './office.ts';

test('a service token is made, shown once, listed and revoked', () =>
  inOffice(async (world, office) => {
    const { open, send } = office;
    assert.match(words(await open('/service-tokens')), /There are none\..*Create a service token/);
    const made = await send('/service-tokens', { name: 'HR <import>', days: '30' });
    assert.equal(made.status, 200);
    const [token = ''] = /css_[\w-]{43}/.exec(made.text) ?? [];
    assert.match(words(made), /shown only this once/);
    assert.equal((await world.call('GET', '/users', { token })).status, 200);
    // The note of its use is written behind the answer; whatever writes next waits for it.
    await world.server.service.database.transaction(async () => undefined);
    const page = await open('/service-tokens');
    assert.equal(page.text.includes('css_'), false);
    assert.match(
      words(page),
      /HR &lt;import&gt; root 22 Nov 2026, 12:00 UTC 22 Dec 2026, 12:00 UTC 22 Nov 2026, 12:00 UTC Revoke/,
    );
    const [revoke = ''] = actions(page);
    assert.match(revoke, /^\/service-tokens\/[\w-]{20}\/revoke$/);
    const after = await assertDone(office, await send(revoke), '/service-tokens', /revoked/);
    assert.match(words(after), /There are none/);
    assert.equal((await world.call('GET', '/users', { token })).status, 401);
    assert.equal((await send(revoke)).status, 404);
  }));

test('a token that cannot be made leaves what was typed, and marks the field', () =>
  inOffice(async (_world, { send }) => {
    await send('/service-tokens', { name: 'sync', days: '1' });
    const wrong = ({ text }: Answer): string[] =>
      [...text.matchAll(/<input[^>]* name="(\w+)" value="([^"]*)"[^>]*aria-invalid="true"/g)].map(
        ([, name, value]) => `${name}=${value}`,
      );
    const taken = await send('/service-tokens', { name: 'sync', days: '7' });
    assert.deepEqual([taken.status, wrong(taken)], [409, ['name=sync']]);
    assert.match(taken.text, /name="days" value="7"/);
    for (const days of ['0', '366', '1.5', '', 'x'])
      assert.deepEqual(wrong(await send('/service-tokens', { name: 'other', days })), [`days=${days}`]);
    assert.deepEqual(wrong(await send('/service-tokens', { name: ' ', days: '7' })), ['name= ']);
  }));

test('the tokens of an administrator who loses the role, or is disabled, are revoked, and the log says so', () =>
  inOffice(async (world, { root, send }) => {
    await send('/service-tokens', { name: 'sync', days: '7' });
    const second = await officeOf(world, await makePersonWithCode(world, 'second', true));
    assert.match(words(await second.open(`/users/${root.id}`)), /Service tokens made 1/);
    await second.send(`/users/${root.id}/take-administrator`);
    assert.doesNotMatch(words(await second.open('/service-tokens')), /sync/);
    assert.match(words(await second.open('/activity')), /service token/i);
  }));
