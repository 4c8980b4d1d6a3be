import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openService } from '../src/service.ts';
import { quickHash } from './quick-hash.ts';
import { inWorld, makePerson, makePersonWithCode, signIn, type World, wrongCode } from './server.ts';
import { givePassword, secretIn } from './stories/in-a-browser.ts';
import { alter, dump } from './tables.ts';
import { visit } from './visitor.ts';

/** The audit log of a whole service: everything that it writes is a link of a chain. */

const inQuickWorld = (story: (world: World) => Promise<void>): Promise<void> =>
  inWorld(story, {}, { argon2: quickHash });

const reportOf = ({ server }: World) => server.service.audit.verify(server.service.database);

test('whatever people do, and whoever serves them, leaves a log that is in order', () =>
  inQuickWorld(async (world) => {
    const alice = await makePerson(world);
    await signIn(world, alice);
    const bob = await makePersonWithCode(world);
    await world.call('POST', '/auth/credentials', { basic: 'bob:wrong' });
    await world.call('POST', '/auth/credentials', { basic: bob.basic, body: { otp: wrongCode(world, secretIn(bob)) } });
    await world.restart();
    await givePassword(visit(world), alice);
    const beside = await openService(world.server.service.options);
    await Promise.all(
      ['carol', 'dave', 'erin'].flatMap((name) => [
        beside.admin.create('operator', { name, administrator: false }),
        world.server.users.create({ name: `${name}2` }),
      ]),
    );
    await beside.close();
    const report = await reportOf(world);
    assert.deepEqual([report.chains, report.older, report.faults], [3, 0, []]);
    assert.equal(report.rows, dump(world)['audit']?.length);
    assert.ok(report.rows > 20);
  }));

test('people still sign in when somebody has been at the log, and it stays seen', () =>
  inQuickWorld(async (world) => {
    const alice = await makePerson(world);
    await signIn(world, alice);
    for (const statement of [
      'DELETE FROM audit',
      'DELETE FROM audit_chains',
      'DELETE FROM audit_register',
      "DELETE FROM sqlite_sequence WHERE name = 'audit'",
    ]) {
      alter(world, statement);
      for (let times = 0; times < 3; times += 1) assert.match(await signIn(world, alice), /^csn_/, statement);
      assert.notEqual((await reportOf(world)).count, 0, statement);
      await world.restart();
      assert.match(await signIn(world, alice), /^csn_/, `${statement}, and a restart`);
      assert.notEqual((await reportOf(world)).count, 0, `${statement}, and a restart`);
    }
  }));
