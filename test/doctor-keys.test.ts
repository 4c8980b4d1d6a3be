import assert from 'node:assert/strict';
import { chmodSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { newKeyLine } from '../src/seal.ts';
import { findUser } from '../src/users/users.ts';
import { fault, faults, findings, inQuickWorld, keyFile } from './doctor.ts';
import { makePerson, makePersonWithCode, secretOf, signIn } from './server.ts';
import { alter } from './tables.ts';

/** What the doctor finds of keys, and of those whose secrets they do not open. */

test('whose password or authenticator does not open is named, and how to enrol them anew', () =>
  inQuickWorld(async (world) => {
    await makePerson(world, 'alice');
    const [bob, carol] = [await makePersonWithCode(world, 'bob'), await makePersonWithCode(world, 'carol')];
    await makePersonWithCode(world, 'dave');
    alter(world, "UPDATE passwords SET hash = x'00' WHERE user_id = ?", carol.id);
    alter(
      world,
      'UPDATE authenticators SET secret = (SELECT secret FROM authenticators WHERE user_id = ?) WHERE user_id = ?',
      carol.id,
      bob.id,
    );
    const found = (await findings(world)).filter(({ check }) => check === 'secrets');
    assert.deepEqual(
      found.map(({ state, users }) => [state, users]),
      [
        ['failure', ['carol']],
        ['failure', ['bob']],
      ],
    );
    assert.match(found[0]?.todo ?? '', /countersign user set-password NAME/);
    assert.match(found[1]?.todo ?? '', /countersign user reset-second-factor NAME/);
  }));

test('many are named as well as few, in the order of their names', () =>
  inQuickWorld(async (world) => {
    const count = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1100)';
    const id = "printf('%04d', i)";
    alter(
      world,
      `INSERT INTO users (id, name, administrator, disabled, created_at) ${count} SELECT ${id}, 'p' || ${id}, 0, 0, 0 FROM n`,
    );
    alter(
      world,
      `INSERT INTO authenticators (user_id, id, secret, bound_at, bound_by, shown, last_step) ${count} SELECT ${id}, ${id}, x'01', 0, '', 1, 0 FROM n`,
    );
    const { found, users = [] } = await fault(world, 'secrets');
    assert.equal(found, 'The authenticator of 1100 users cannot be opened, and is refused.');
    assert.deepEqual([users.length, users[0], users.at(-1)], [1100, 'p0001', 'p1100']);
  }));

test('the enrolment that the doctor proposes lets those it names in again', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    alter(world, "UPDATE authenticators SET secret = x'01'");
    alter(world, "UPDATE passwords SET hash = x'01'");
    assert.deepEqual(await faults(world), ['secrets failure', 'secrets failure']);
    const { admin, database } = world.server.service;
    const user = await findUser(database.read, bob.id);
    assert.ok(user);
    await admin.setPassword(user, bob.password);
    await admin.resetSecondFactors('operator', bob.id);
    assert.deepEqual(await faults(world), []);
    const { id, name, password, basic } = bob;
    assert.ok(await signIn(world, { id, name, password, basic }));
  }));

test('a new authenticator that does not open is no lasting harm', () =>
  inQuickWorld(async (world) => {
    await secretOf(world, await signIn(world, await makePerson(world)));
    alter(world, "UPDATE pending_authenticators SET secret = x'01'");
    assert.deepEqual(await faults(world), ['secrets warning']);
  }));

test('a secret of the service itself that does not open is found, because then it does not start', () =>
  inQuickWorld(async (world) => {
    alter(world, "UPDATE service_secrets SET sealed = x'01'");
    const { state, found } = await fault(world, 'secrets');
    assert.equal(state, 'failure');
    assert.match(found, /\(throttle\) cannot be opened/);
  }));

test('none or two keys that seal, and a trigger, are found: somebody has changed the database', () =>
  inQuickWorld(async (world) => {
    alter(world, 'UPDATE keys SET active = 0');
    assert.match((await fault(world, 'keys')).found, /says of 0 keys that they seal/);
    await assert.rejects(world.restart(), /says of 0 keys that they seal/);
    alter(world, 'UPDATE keys SET active = 1');
    alter(world, 'CREATE TRIGGER planted AFTER DELETE ON sessions BEGIN SELECT 1; END');
    assert.match((await fault(world, 'schema')).found, /put a trigger \(planted\) into the database/);
    alter(world, 'DROP TRIGGER planted');
    await world.restart();
  }));

test('a key file that is missing, broken, open to others or another one is found', () =>
  inQuickWorld(async (world) => {
    await makePersonWithCode(world);
    const file = keyFile(world);
    const right = readFileSync(file, 'utf8');
    const [id = ''] = right.split(' ');
    const said = async (): Promise<string> => (await fault(world, 'keys')).found;

    renameSync(file, `${file}.away`);
    assert.match(await said(), /is missing, and this database was sealed with it/);
    renameSync(`${file}.away`, file);
    writeFileSync(file, 'nonsense');
    assert.match(await said(), /cannot be used: line 1 is not a key/);
    writeFileSync(file, newKeyLine());
    assert.match(await said(), new RegExp(`sealed with key "${id}", which .* does not hold`));
    assert.match((await fault(world, 'keys')).todo ?? '', /^\S+:\d+ runs and still holds it: do not stop that/);
    assert.deepEqual(await faults(world), [
      'keys failure',
      ...['secrets failure', 'secrets failure', 'secrets failure'],
      'mark failure',
    ]);
    writeFileSync(file, newKeyLine().replace(/^\w+/, id));
    assert.match(await said(), /is not the one that this database was sealed with/);
    writeFileSync(file, right);
    chmodSync(file, 0o644);
    assert.match(await said(), /open to others \(mode 644\)/);
    chmodSync(file, 0o600);
    rmSync(file);
    writeFileSync(join(world.folder, 'data', 'keys'), right, { mode: 0o600 });
    symlinkSync(join(world.folder, 'data', 'keys'), file);
    assert.match(await said(), /leads into the data folder/);
    rmSync(file);
    writeFileSync(file, right, { mode: 0o600 });
    assert.deepEqual(await faults(world), []);
  }));

test('instances that lack a key of the file, or seal with another one, are found', () =>
  inQuickWorld(async (world) => {
    const insert =
      'INSERT INTO instances (id, name, started_at, seen_at, key_ids, seals_with) VALUES (?, ?, ?, ?, ?, ?)';
    const [id = ''] = readFileSync(keyFile(world), 'utf8').split(' ');
    alter(world, insert, 'i1', 'one:1', String(world.now()), String(world.now()), `${id} k0`, id);
    assert.deepEqual(await faults(world), []);
    alter(world, insert, 'i2', 'two:2', String(world.now()), String(world.now()), 'k0', 'k0');
    alter(world, insert, 'i3', 'old:3', '0', '0', 'k0', 'k0');
    assert.equal((await fault(world, 'instances')).found, `two:2 does not hold key "${id}".`);
    alter(world, "UPDATE instances SET key_ids = ? WHERE id = 'i2'", `${id} k0`);
    assert.equal((await fault(world, 'instances')).found, 'two:2 still seals with key "k0".');
  }));
