import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, hour, minute } from '../src/clock.ts';
import { makePersonWithPasskey, signInWithPasskey } from './passkeys.ts';
import { inQuickWorld } from './quick-world.ts';
import { type Answer, makePerson, makePersonWithCode, signIn, type World, wrongCode } from './server.ts';
import { givePassword, halfWay, secretIn } from './stories/in-a-browser.ts';
import { inOffice } from './stories/office.ts';
import { make } from './stories/program.ts';
import { alter, type Dump, dump } from './tables.ts';
import { visit } from './visitor.ts';

/** Whatever can expire is gone when it has: every table stands here, and a new one must say which kind it is. */

/** No row of these is left when its time is over. */
const expiring = [
  'audit',
  'browsers',
  'half_sign_ins',
  'password_links',
  'pending_authenticators',
  'service_tokens',
  'sessions',
  'setup_links',
];

/** These belong to an account, to the service, or to a process that serves. */
const lasting = [
  ...['authenticators', 'passkey_holders', 'passkeys', 'passwords', 'recovery_codes', 'users'],
  ...['audit_register', 'clock_resets', 'generations', 'keys', 'schema_history', 'service_secrets'],
  'instances',
];

/**
 * These keep some rows: counts of wrong codes, the newest chain of the log, and challenges of passkeys that were answered,
 * until something has happened by which a clock set back to their time is found out.
 */
const partly = ['audit_chains', 'budgets', 'spent_challenges'];

test('everything that can expire is deleted when its time is over, and nothing else', () =>
  inQuickWorld(async (world) => {
    await leaveTraces(world);
    const before = dump(world);
    assert.deepEqual(Object.keys(before), [...expiring, ...lasting, ...partly].sort(), 'say what becomes of its rows');
    for (const table of expiring) assert.notEqual(before[table]?.length, 0, `the test leaves nothing in ${table}`);
    await world.server.service.sweep();
    const now = dump(world);
    for (const table of [...expiring, ...lasting, 'audit_chains']) assert.deepEqual(now[table], before[table], table);

    world.turn(500 * day);
    await world.server.service.sweep();
    const after = dump(world);
    for (const table of expiring) assert.deepEqual(after[table], [], table);
    for (const table of lasting) assert.deepEqual(after[table]?.length, before[table]?.length, table);
    assert.equal(after['audit_chains']?.length, 1);
    const { audit, database } = world.server.service;
    assert.deepEqual((await audit.verify(database)).faults, []);
    assert.ok(kinds(before).includes(0), 'the test leaves a count that may be forgotten');
    assert.deepEqual([...new Set(kinds(after))], [1], 'wrong codes are counted for ever, and they alone');
    assert.notEqual(before['spent_challenges']?.length, 0, 'the test leaves nothing in spent_challenges');
    await world.server.users.create({ name: 'late' });
    await world.server.service.sweep();
    assert.deepEqual(dump(world)['spent_challenges'], [], 'once something has happened after their time');
  }));

test('one kind that cannot be deleted keeps no other from it, and is said at the end', () =>
  inQuickWorld(async (world) => {
    await leaveTraces(world);
    alter(world, "CREATE TRIGGER stuck BEFORE DELETE ON sessions BEGIN SELECT raise(ABORT, 'it is stuck'); END");
    world.turn(500 * day);
    await assert.rejects(world.server.service.sweep(), ({ errors, message }: AggregateError) => {
      assert.deepEqual(errors.map(String), ['Error: it is stuck']);
      return /^1 of 12 sweeps/.test(message);
    });
    const left = expiring.filter((table) => dump(world)[table]?.length !== 0);
    assert.deepEqual(left, ['sessions']);
  }));

test('a session of two factors is deleted when it has rested too long, another one when it is over', () =>
  inQuickWorld(async (world) => {
    await signIn(world, await makePerson(world));
    const bob = await makePersonWithCode(world);
    await signIn(world, bob);
    world.turn(hour - 1);
    await world.server.service.sweep();
    assert.equal(dump(world)['sessions']?.length, 2);
    world.turn(1);
    await world.server.service.sweep();
    assert.deepEqual(
      dump(world)['sessions']?.map((row) => row['second_factor']),
      [null],
    );
  }));

test('the log is kept for 400 days, or as long as is wanted, or for ever', () =>
  inQuickWorld(async (world) => {
    await makePerson(world);
    const rowsAfter = async (days: number, auditRetention: number): Promise<number | undefined> => {
      await world.restart({ auditRetention });
      world.turn(days * day);
      await world.server.service.sweep();
      return dump(world)['audit']?.length;
    };
    assert.equal(await rowsAfter(4000, 0), 1);
    const { record } = world.server.service.audit;
    await world.server.service.database.transaction(async (tx) => {
      for (let row = 0; row < 1200; row += 1) await record(tx, 0, { event: 'sign_in.refused' });
    });
    assert.equal(await rowsAfter(0, 3650 * day), 0, 'in one sweep, however many');
    await makePerson(world, 'bob');
    assert.equal(await rowsAfter(400, 400 * day), 1);
    assert.equal(await rowsAfter(1, 400 * day), 0);
  }));

test('that somebody has had a password is known for longer than the log is kept', () =>
  inOffice(async (world, { root, token }) => {
    const alice = await makePerson(world);
    const link = (using: string): Promise<Answer> =>
      world.call('POST', `/users/${alice.id}/password-link`, { token: using });
    assert.equal((await link(token)).status, 200, 'which takes the password away');
    world.turn(500 * day);
    await world.server.service.sweep();
    const made = await link(await signIn(world, root));
    assert.equal(Date.parse(made.body.link.expires_at), world.now() + 30 * minute, 'so that this is no invitation');
  }));

/** Something in every table that has rows which expire. */
async function leaveTraces(world: World): Promise<void> {
  await world.server.service.setup.makeLink();
  const root = await makePersonWithCode(world, 'root', true);
  assert.equal((await make(world, await signIn(world, root), { name: 'HR import' })).status, 201);
  await world.server.users.create({ name: 'zoe' });
  const alice = await makePerson(world);
  await givePassword(visit(world), alice);
  await world.call('GET', '/auth/otp/generate', { token: await signIn(world, alice) });
  const bob = await makePersonWithCode(world);
  await halfWay(world, bob);
  const carol = await makePersonWithPasskey(world);
  assert.equal((await signInWithPasskey(world, carol.device)).status, 200);
  await world.call('POST', '/auth/credentials', { basic: 'nobody:four unrelated plain words' });
  await world.call('POST', '/auth/credentials', { basic: bob.basic, body: { otp: wrongCode(world, secretIn(bob)) } });
}

/** Of each budget, whether it is kept whatever the time. */
const kinds = (tables: Dump): unknown[] => (tables['budgets'] ?? []).map((row) => row['kept']);
