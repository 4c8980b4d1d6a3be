import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clockTolerance, day, hour, minute } from '../../src/clock.ts';
import { listInstances } from '../../src/upkeep/upkeep.ts';
import { answerLater, askToSignIn, makePersonWithPasskey, signInWithPasskey } from '../passkeys.ts';
import { quickHash } from '../quick-hash.ts';
import { inWorld, makePersonWithCode, signIn } from '../server.ts';
import { alter, dump } from '../tables.ts';
import { type Listed, list, make } from './program.ts';

/** Whatever was made while the clock was ahead lives no longer, once the time is accepted, than what is made now. */

const ahead = 200 * day;

test('one-time links are void, and a token of a program lives no longer than it was made for', () =>
  inWorld(
    async (world) => {
      const { service, users } = world.server;
      const rightInTime = new URL((await users.create({ name: 'yan' })).link ?? '').searchParams.get('token') ?? '';
      world.turn(ahead);
      const setupToken = new URL((await service.setup.makeLink()) ?? '').searchParams.get('token') ?? '';
      const root = await makePersonWithCode(world, 'root', true);
      const token = await signIn(world, root);
      const { body: program } = await make(world, token, { name: 'HR import', expires_in_days: 30 });
      const invited = await users.create({ name: 'zoe' });
      const invitation = new URL(invited.link ?? '').searchParams.get('token') ?? '';
      await world.call('GET', '/users', { token: program.token });
      world.turn(-ahead);
      const userOf = (link: string) => service.passwords.userOfLink(service.database.read, link, world.now());
      assert.ok(await service.setup.isGood(setupToken));
      assert.equal(await userOf(invitation), invited.id);

      await service.acceptClock();
      assert.equal(await service.setup.isGood(setupToken), false);
      assert.equal(await userOf(invitation), undefined);
      assert.equal(await userOf(rightInTime), undefined, 'nobody knows which were made in time');
      const links = [...(dump(world)['password_links'] ?? []), ...(dump(world)['setup_links'] ?? [])];
      assert.deepEqual(links, []);

      const listed = async (): Promise<Listed | undefined> => (await list(world, await signIn(world, root)))[0];
      world.turn(2 * minute);
      const end = world.now() - 2 * minute + 30 * day;
      assert.equal(Date.parse((await listed())?.expires_at ?? ''), end);
      await world.call('GET', '/users', { token: program.token });
      const used = world.now();
      assert.equal((await listed())?.last_used_at, new Date(used).toISOString(), 'its uses are noted again');
      world.turn(30 * day);
      assert.equal((await world.call('GET', '/users', { token: program.token })).status, 401);
    },
    {},
    { argon2: quickHash },
  ));

test('what a passkey has answered is not good again, though it was forgotten while the clock was ahead', () =>
  inWorld(
    async (world) => {
      const carol = await makePersonWithPasskey(world);
      const { ceremony, options } = await askToSignIn(world);
      const answer = { body: { ceremony, credential: carol.device.get(options) } };
      assert.equal((await world.call('POST', '/auth/passkeys/sign-in', answer)).status, 200);
      world.turn(hour);
      await signInWithPasskey(world, carol.device);
      await world.server.service.sweep();
      world.turn(-hour);
      assert.equal((await world.call('POST', '/auth/passkeys/sign-in', answer)).status, 503);
      await world.server.service.acceptClock();
      assert.equal((await world.call('POST', '/auth/passkeys/sign-in', answer)).status, 401);
      world.turn(clockTolerance);
      assert.equal(
        (await signInWithPasskey(world, carol.device)).status,
        401,
        'another clock may have been ahead so far',
      );
      world.turn(1);
      assert.equal((await signInWithPasskey(world, carol.device)).status, 200);
    },
    {},
    { argon2: quickHash },
  ));

test('a passkey that was asked for before the time was accepted is not kept, nor one of a time accepted before', () =>
  inWorld(
    async (world) => {
      const carol = await makePersonWithPasskey(world);
      const [first, second] = [await answerLater(world, carol), await answerLater(world, carol)];
      const accept = async () => assert.ok(await world.server.service.acceptClock());
      world.turn(hour);
      await signInWithPasskey(world, carol.device);
      world.turn(-hour);
      await accept();
      assert.equal(await first(), 'challenge');
      world.turn(clockTolerance + 1);
      await signInWithPasskey(world, carol.device);
      world.turn(-hour);
      await accept();
      world.turn(hour);
      assert.equal(await second(), 'challenge', 'what is void stays so');
      const third = await answerLater(world, carol);
      assert.equal(await third(), 'kept');
    },
    {},
    { argon2: quickHash },
  ));

test('an instance that was killed while the clock was ahead is gone; a token made in time keeps its end', () =>
  inWorld(
    async (world) => {
      const root = await makePersonWithCode(world, 'root', true);
      await make(world, await signIn(world, root), { name: 'HR import', expires_in_days: 30 });
      const tokens = dump(world)['service_tokens'];
      world.turn(hour);
      await signIn(world, root);
      await world.server.instance.report();
      alter(
        world,
        "INSERT INTO instances SELECT 'killed', 'one:1', started_at, seen_at, key_ids, seals_with FROM instances",
      );
      world.turn(-hour);
      await world.server.service.acceptClock();
      const names = async (): Promise<string[]> => {
        const live = await listInstances(world.server.service.database.read, world.now());
        return live.map(({ name }) => name);
      };
      assert.deepEqual(await names(), []);
      await world.server.instance.report();
      assert.deepEqual(await names(), [dump(world)['instances']?.[0]?.['name']], 'who lives says so again');
      assert.equal(tokens?.length, 1);
      assert.deepEqual(dump(world)['service_tokens'], tokens);
    },
    {},
    { argon2: quickHash },
  ));
