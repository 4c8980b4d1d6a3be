import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, minute } from '../../src/clock.ts';
import { makePersonWithCode, signIn } from '../server.ts';
import { dump } from '../tables.ts';
import { list, make, withProgram } from './program.ts';
import { assertProblem } from './steps.ts';

test('it is shown once, and only its hash is kept', () =>
  withProgram(async (world, { token, program, ask }) => {
    await ask('GET');
    const stored = JSON.stringify(dump(world), (_, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
    );
    assert.equal(stored.includes(program.token), false);
    assert.equal(world.log().includes(program.token), false);
    const listed = await world.call('GET', '/service-tokens', { token });
    assert.equal(listed.text.includes('css_'), false);
    assert.match(listed.text, new RegExp(program.id));
  }));

test('it lives for as many days as were said, 90 where nothing was', () =>
  withProgram(async (world, { token, program, ask }) => {
    assert.equal(Date.parse(program.expires_at), world.now() + 90 * day);
    const { body: short } = await make(world, token, { name: 'short', expires_in_days: 1 });
    assert.equal(Date.parse(short.expires_at), world.now() + day);
    world.turn(day - 1);
    assert.equal((await world.call('GET', '/users', { token: short.token })).status, 200);
    world.turn(1);
    assertProblem(await world.call('GET', '/users', { token: short.token }), 401, 'unauthenticated');
    world.turn(89 * day - 1);
    assert.equal((await ask('GET')).status, 200);
    world.turn(1);
    assertProblem(await ask('GET'), 401, 'unauthenticated');
    assert.equal(dump(world)['service_tokens']?.length, 2);
    await world.server.service.sweep();
    assert.deepEqual(dump(world)['service_tokens'], []);
  }));

test('names are unique and visible, days are whole, and there is an end to how many', () =>
  withProgram(async (world, { token }) => {
    assertProblem(await make(world, token, { name: ' HR import ' }), 409, 'name_taken');
    for (const name of ['', ' ', 'a\u0000b', 'a\nb', 'a\u200bb', '\u3164', 'x'.repeat(65)])
      assertProblem(await make(world, token, { name }), 422, 'invalid');
    for (const days of [0, 366, 1.5, -1, '90', null])
      assertProblem(await make(world, token, { name: 'x', expires_in_days: days }), 422, 'invalid');
    assert.equal((await make(world, token, { name: '🚀 x'.repeat(21), expires_in_days: 365 })).status, 201);
    for (let count = 2; count < 100; count += 1)
      assert.equal((await make(world, token, { name: `n${count}` })).status, 201);
    const refused = await make(world, token, { name: 'one more' });
    assertProblem(refused, 422, 'invalid');
    assert.match(refused.body.detail, /100/);
    assert.equal((await list(world, token)).length, 100);
  }));

test('the name of one that has expired is free at once', () =>
  withProgram(async (world, { root, token }) => {
    await make(world, token, { name: 'short', expires_in_days: 1 });
    world.turn(day);
    const again = await signIn(world, root);
    assert.equal((await make(world, again, { name: 'short' })).status, 201);
  }));

test('the list says when a token was last used, to the minute', () =>
  withProgram(async (world, { root, token, ask }) => {
    const used = async (): Promise<string | null | undefined> => {
      // The note is written behind the answer; whatever writes next waits for it.
      await world.server.service.database.transaction(async () => undefined);
      return (await list(world, token))[0]?.last_used_at;
    };
    assert.equal(await used(), null);
    await ask('GET');
    const first = new Date(world.now()).toISOString();
    assert.equal(await used(), first);
    world.turn(minute - 1);
    await ask('GET');
    assert.equal(await used(), first);
    world.turn(1);
    await ask('GET');
    assert.equal(await used(), new Date(world.now()).toISOString());
    assert.equal((await list(world, token))[0]?.created_by, root.id);
  }));

test('tokens are made, seen and revoked by administrators alone, and by fresh ones', () =>
  withProgram(async (world, { token, program }) => {
    const bob = await signIn(world, await makePersonWithCode(world));
    assertProblem(await make(world, bob, { name: 'mine' }), 403, 'forbidden');
    assertProblem(await world.call('GET', '/service-tokens', { token: bob }), 403, 'forbidden');
    world.turn(10 * minute);
    assert.equal((await list(world, token)).length, 1);
    assertProblem(await make(world, token, { name: 'late' }), 403, 'reauthentication_required');
    const late = await world.call('DELETE', `/service-tokens/${program.id}`, { token });
    assertProblem(late, 403, 'reauthentication_required');
  }));
