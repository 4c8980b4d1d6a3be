import assert from 'node:assert/strict';
import { StatementSync } from 'node:sqlite';
import { test } from 'node:test';
import { makePersonWithPasskey } from '../passkeys.ts';
import { makePasswordlessPerson } from '../passwordless.ts';
import { quickHash } from '../quick-hash.ts';
import { inWorld, makePerson, makePersonWithCode, signIn, type World } from '../server.ts';
import { dump } from '../tables.ts';
import { assertRefused, tryToSignIn, visible, watchArgon2 } from './steps.ts';

/** Everybody who is answered alike, each with what is sent for him. */
async function everybody(world: World): Promise<Record<string, string>> {
  const root = await makePersonWithCode(world, 'root', true);
  const token = await signIn(world, root);
  const alice = await makePerson(world);
  const bob = await makePersonWithCode(world);
  const dora = await makePerson(world, 'dora');
  await world.call('PATCH', `/users/${dora.id}`, { token, body: { disabled: true } });
  await world.server.users.create({ name: 'iris' });
  const carol = await makePersonWithPasskey(world);
  const ivy = await makePasswordlessPerson(world, 'ivy');
  return {
    unknown: 'nobody:correct horse battery staple',
    'no name at all': 'not a name!:correct horse battery staple',
    'an empty name': ':correct horse battery staple',
    'wrong password': `${alice.name}:wrong`,
    'wrong password beside a code': `${bob.name}:wrong`,
    'no password sent': `${alice.name}:`,
    'too long a password': `${alice.name}:${'x'.repeat(300)}`,
    'disabled, right password': dora.basic,
    'disabled, wrong password': `${dora.name}:wrong`,
    'invited, no password yet': 'iris:correct horse battery staple',
    'wrong password beside a passkey': `${carol.name}:wrong`,
    'a passkey, and no password': `${ivy.name}:correct horse battery staple`,
  };
}

test('unknown, wrong, disabled and invited: same status, body and headers, and exactly one hash each', async () => {
  const watched = watchArgon2();
  await inWorld(
    async (world) => {
      const seen = new Set<string>();
      for (const [who, basic] of Object.entries(await everybody(world))) {
        const before = { ...watched.done };
        const answer = await tryToSignIn(world, { basic }, { otp: '123456' });
        assertRefused(answer, 401, 3);
        assert.equal(answer.headers['www-authenticate'], 'Basic realm="Countersign", charset="UTF-8"');
        assert.deepEqual(watched.done, { ...before, verifies: before.verifies + 1 }, who);
        seen.add(JSON.stringify(visible(answer)));
      }
      assert.equal(seen.size, 1);
    },
    {},
    { argon2: watched.argon2 },
  );
});

test('for each of them the database is asked as often, so that the time tells no more than the hash does', async (t) => {
  const reads = t.mock.method(StatementSync.prototype, 'all');
  const writes = t.mock.method(StatementSync.prototype, 'run');
  await inWorld(
    async (world) => {
      const seen: Record<string, string[]> = {};
      for (const [index, [who, basic]] of Object.entries(await everybody(world)).entries()) {
        // Each from a network of his own, and the second try counts: then what the throttle has to make is made.
        const from = `10.0.${index}.1`;
        await tryToSignIn(world, { basic }, undefined, from);
        const before = [reads.mock.callCount(), writes.mock.callCount()] as const;
        assertRefused(await tryToSignIn(world, { basic }, undefined, from), 401, 3);
        const asked = `${reads.mock.callCount() - before[0]} reads, ${writes.mock.callCount() - before[1]} writes`;
        seen[asked] = [...(seen[asked] ?? []), who];
      }
      assert.equal(Object.keys(seen).length, 1, JSON.stringify(seen));
    },
    {},
    { argon2: quickHash },
  );
});

test('throttled strangers and members look alike, and no hash is run for either', async () => {
  const watched = watchArgon2(quickHash);
  await inWorld(
    async (world) => {
      const people = await everybody(world);
      const seen = new Set<string>();
      for (const [index, [who, basic]] of Object.entries(people).entries()) {
        // Each from a network of his own: only what happens to the name is compared.
        const from = `10.0.${index}.1`;
        const [name = ''] = basic.split(':');
        for (let tries = 0; tries < 5; tries += 1)
          assertRefused(await tryToSignIn(world, { basic: `${name}:wrong` }, undefined, from), 401, 3);
        const before = watched.done.verifies;
        const answer = await tryToSignIn(world, { basic }, undefined, from);
        assertRefused(answer, 429, 4);
        assert.equal(watched.done.verifies, before, who);
        seen.add(JSON.stringify(visible(answer)));
      }
      assert.equal(seen.size, 1);
    },
    {},
    { argon2: watched.argon2 },
  );
});

test('what somebody types as a name that does not exist is stored and logged nowhere', () =>
  inWorld(async (world) => {
    const typed = 'hunter2-typed-as-a-name';
    for (let index = 0; index < 6; index += 1) await tryToSignIn(world, { basic: `${typed}:x` });
    const everything = JSON.stringify(dump(world), (_, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
    );
    assert.equal(everything.includes(typed), false);
    assert.equal(world.log().includes(typed), false);
    assert.equal(dump(world)['budgets']?.length, 3);
  }));

test('an account without second factor does not tell whether a code would be right, nor one with a wrong password', () =>
  inWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const answers = [
      await tryToSignIn(world, { basic: `${bob.name}:wrong` }),
      await tryToSignIn(world, { basic: `${bob.name}:wrong` }, { otp: '123456' }),
      await tryToSignIn(world, { basic: `${bob.name}:wrong` }, { recovery_code: bob.recoveryCodes?.[0] ?? '' }),
    ];
    assert.equal(new Set(answers.map((answer) => JSON.stringify(visible(answer)))).size, 1);
    assert.equal(dump(world)['recovery_codes']?.length, 10);
  }));
