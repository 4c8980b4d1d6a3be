import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { test } from 'node:test';
import { hour, second } from '../../src/clock.ts';
import { examine } from '../../src/upkeep/upkeep.ts';
import { fault, faults, findings, inQuickWorld, keyFile } from '../doctor.ts';
import { makePersonWithPasskey } from '../passkeys.ts';
import { makePerson, makePersonWithCode, signIn } from '../server.ts';
import { alter } from '../tables.ts';

/** What the doctor finds where the service is on PostgreSQL. */
process.env['COUNTERSIGN_TEST_ON'] = 'postgres';

test('a service in order has nothing to mend, and neither files of SQLite nor a disk are looked at', () =>
  inQuickWorld(async (world) => {
    await signIn(world, await makePersonWithCode(world));
    const found = await findings(world);
    assert.deepEqual(
      found.map(({ check, state }) => `${check} ${state}`),
      [
        'files',
        'connection',
        'database',
        'schema',
        'keys',
        'secrets',
        'instances',
        'mark',
        'clock',
        'passkeys',
        'clock',
        'proxies',
      ].map((check) => `${check} ok`),
    );
    assert.match(
      found.find(({ check }) => check === 'connection')?.found ?? '',
      /^PostgreSQL \d+\S* ?.*, countersign_test_\w+ at 127\.0\.0\.1:\d+, without TLS\. It keeps what it acknowledges\. A commit waits for no standby\.$/,
    );
    assert.match(found.find(({ check }) => check === 'instances')?.found ?? '', /^1 running/);
    await world.server.close();
    assert.deepEqual(await faults(world), []);
    await world.restart();
  }));

test('what is wrong with keys, secrets, schema and clock is found as it is on SQLite', () =>
  inQuickWorld(async (world) => {
    await signIn(world, await makePerson(world));
    chmodSync(keyFile(world), 0o640);
    assert.deepEqual(await faults(world), ['files warning']);
    chmodSync(keyFile(world), 0o600);

    await makePersonWithPasskey(world);
    const elsewhere = { publicUrl: 'https://auth.example.org' };
    assert.match((await fault(world, 'passkeys', elsewhere)).found, /^Of 1 passkeys 1 sign nobody in/);

    alter(world, 'UPDATE passwords SET hash = ?', Buffer.from('changed'));
    assert.deepEqual((await fault(world, 'secrets')).users, ['alice', 'carol']);

    world.turn(-hour);
    assert.match((await fault(world, 'clock')).found, /^The clock is 3600 seconds behind the newest event/);
    world.turn(hour);

    alter(world, "INSERT INTO schema_history (name) VALUES ('9999-of-the-future')");
    assert.match((await fault(world, 'schema')).found, /A newer version .*9999-of-the-future/);
    alter(world, "DELETE FROM schema_history WHERE name = '9999-of-the-future'");
    alter(world, 'ALTER TABLE users ADD COLUMN planted text');
    assert.match((await fault(world, 'schema')).found, /^Somebody has changed it: .*users/);
    // The database is lent to other tests after this one.
    alter(world, 'ALTER TABLE users DROP COLUMN planted');
  }));

test('a clock that is not that of the database’s server is found, with how far', () =>
  inQuickWorld(async (world) => {
    const clockOf = async (ahead: number): Promise<string[]> =>
      (await examine(world.server.service.options, world.now, async () => world.now() + ahead))
        .filter(({ check, state }) => check === 'clock' && state !== 'ok')
        .map(({ found }) => found);
    assert.deepEqual(await clockOf(5 * second), []);
    assert.deepEqual(await clockOf(5 * second + 1), ["The clock is 5 seconds behind that of the database's server."]);
    assert.deepEqual(await clockOf(-90 * second), ["The clock is 90 seconds ahead of that of the database's server."]);
  }));
