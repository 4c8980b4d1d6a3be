import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quickHash } from '../quick-hash.ts';
import { inWorld, makePerson, makePersonWithCode, signIn } from '../server.ts';
import { dump } from '../tables.ts';

test('an operator ends every session of everybody at once, and whatever is on the way to one', () =>
  inWorld(
    async (world) => {
      const people = [await makePerson(world), await makePersonWithCode(world), await makePerson(world, 'carol')];
      const [, { name: username, password }] = people as [unknown, (typeof people)[0]];
      const tokens = [];
      for (const person of people) tokens.push(await signIn(world, person));
      await world.call('POST', '/sign-in', { form: { username, password } });
      await world.call('POST', '/sign-in', { form: { username: people[0]?.name ?? '', password } });
      const before = dump(world);
      assert.deepEqual([before['half_sign_ins']?.length, before['browsers']?.length], [1, 1]);

      assert.equal(await world.server.service.admin.endEverySession(), 4);
      for (const token of tokens) assert.equal((await world.call('GET', '/whoami', { token })).status, 401);
      const { half_sign_ins: half, sessions, audit = [], browsers = [] } = dump(world);
      assert.deepEqual([half, sessions], [[], []]);
      assert.deepEqual(
        browsers.map(({ expires_at: end }) => Number(end) <= world.now()),
        [true],
      );
      const { event, user_id: userId, actor_id: actorId, detail } = audit.at(-1) ?? {};
      assert.deepEqual([event, userId, actorId, detail], ['sessions.ended', null, 'operator', '{"count":4}']);
      for (const person of people) assert.ok(await signIn(world, person), `${person.name} signs in again`);
    },
    {},
    { argon2: quickHash },
  ));
