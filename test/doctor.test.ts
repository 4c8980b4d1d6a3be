import assert from 'node:assert/strict';
import { chmodSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { hour } from '../src/clock.ts';
import { openDatabase } from '../src/database/database.ts';
import { databaseFile, fault, faults, findings, inQuickWorld, keyFile } from './doctor.ts';
import { makePersonWithPasskey } from './passkeys.ts';
import { makePerson, makePersonWithCode, signIn } from './server.ts';
import { alter, stored } from './tables.ts';

/** What the doctor finds, beside a running service and where it would not start. */

test('a service in order has nothing to mend, running or not, and no file is made or changed', () =>
  inQuickWorld(async (world) => {
    await signIn(world, await makePersonWithCode(world));
    const looked = (): unknown[] =>
      ['data', 'keys'].flatMap((folder) =>
        readdirSync(join(world.folder, folder)).map((name) => {
          const path = join(world.folder, folder, name);
          return [name, statSync(path).mtimeMs, name.endsWith('-shm') ? undefined : readFileSync(path)];
        }),
      );
    const running = looked();
    const found = await findings(world);
    assert.deepEqual(
      found.map(({ check, state }) => `${check} ${state}`),
      [
        'files',
        'disk',
        'database',
        'schema',
        'keys',
        'secrets',
        'instances',
        'mark',
        'clock',
        'passkeys',
        'proxies',
      ].map((check) => `${check} ok`),
    );
    assert.deepEqual(looked(), running);
    await world.server.close();
    const resting = looked();
    assert.equal(resting.length, 2, 'the database and the key file');
    assert.deepEqual(await faults(world), []);
    assert.deepEqual(looked(), resting);
    await world.restart();
  }));

test('where there is no database yet, that is said and none is made', () =>
  inQuickWorld(async (world) => {
    const elsewhere = { data: join(world.folder, 'nowhere'), keyFile: join(world.folder, 'none', 'keys') };
    assert.deepEqual(await faults(world, elsewhere), ['database warning']);
    assert.deepEqual(readdirSync(world.folder).sort(), ['data', 'keys']);
  }));

test('files that others may read, and keys that lie beside the data, are found', () =>
  inQuickWorld(async (world) => {
    const [data, file] = [join(world.folder, 'data'), keyFile(world)];
    const withModes = async (modes: [string, number][]): Promise<string[]> => {
      for (const [path, mode] of modes) chmodSync(path, mode);
      const found = await faults(world);
      for (const [path] of modes) chmodSync(path, path === data ? 0o700 : 0o600);
      return found;
    };
    assert.deepEqual(await withModes([[data, 0o750]]), ['files warning']);
    assert.deepEqual(await withModes([[databaseFile(world), 0o640]]), ['files warning']);
    assert.deepEqual(await withModes([[`${databaseFile(world)}-wal`, 0o644]]), ['files warning']);
    assert.deepEqual(
      await withModes([
        [data, 0o755],
        [databaseFile(world), 0o644],
      ]),
      ['files warning', 'files failure'],
    );
    assert.deepEqual(await withModes([[file, 0o640]]), ['files warning']);
    const beside = join(world.folder, 'countersign.keys');
    writeFileSync(beside, readFileSync(file), { mode: 0o600 });
    assert.match((await fault(world, 'files', { keyFile: beside })).found, /lies beside the data folder/);
    symlinkSync(beside, join(world.folder, 'keys', 'link'));
    const linked = await fault(world, 'files', { keyFile: join(world.folder, 'keys', 'link') });
    assert.match(linked.found, /lies beside the data folder/);
  }));

test('a database that was changed, of a newer version, of an older one, of another program, or damaged, is found', () =>
  inQuickWorld(async (world) => {
    await signIn(world, await makePersonWithCode(world));
    alter(world, 'DROP INDEX audit_by_time');
    assert.deepEqual(await faults(world), ['schema failure']);
    const { found, todo } = await fault(world, 'schema');
    assert.equal(found, 'Somebody has changed it: table audit lacks CREATE INDEX "audit_by_time" on "audit" ("at").');
    assert.match(todo ?? '', /undo that or put a backup back/);
    alter(world, 'create index "audit_by_time" on "audit" ("at")');
    alter(world, "INSERT INTO schema_history (name) VALUES ('9999-of-the-future')");
    assert.deepEqual(await faults(world), ['schema failure']);
    assert.match((await fault(world, 'schema')).found, /A newer version .*9999-of-the-future/);
    await assert.rejects(
      openDatabase({ file: databaseFile(world) }),
      /A newer version .*9999-of-the-future.* install that version/,
    );
    alter(world, "DELETE FROM schema_history WHERE name > '0004'");
    alter(world, 'DROP TABLE clock_resets');
    alter(world, 'DROP TABLE service_secrets');
    assert.deepEqual(await faults(world), ['schema warning']);
    assert.match((await fault(world, 'schema')).found, /0005-keys, .* to come/);
    const [{ page } = {}] = stored(world, "SELECT rootpage AS page FROM sqlite_schema WHERE name = 'users'");
    await world.server.close();

    const damaged = readFileSync(databaseFile(world));
    damaged.fill(0xff, (Number(page) - 1) * 4096, Number(page) * 4096 - 2048);
    writeFileSync(databaseFile(world), damaged);
    assert.equal((await fault(world, 'database')).state, 'failure');
    writeFileSync(databaseFile(world), 'these are the notes of somebody, and no database'.repeat(100));
    assert.match((await fault(world, 'database')).found, /cannot be read: file is not a database/);
    writeFileSync(databaseFile(world), '');
    assert.match((await fault(world, 'database')).found, /no database of Countersign/);
    rmSync(databaseFile(world));
    await world.restart({ markFile: '' });
  }));

test('a clock behind the newest event is found with its row, and what to do', () =>
  inQuickWorld(async (world) => {
    await signIn(world, await makePerson(world));
    world.turn(-hour);
    const { state, found, todo } = await fault(world, 'clock');
    assert.equal(state, 'failure');
    assert.match(
      found,
      /^The clock is 3600 seconds behind the newest event: row \d+ of the audit log, sign_in.succeeded/,
    );
    assert.match(todo ?? '', /doctor --accept-clock/);
    await world.server.service.acceptClock();
    assert.deepEqual(await faults(world), []);
  }));

test('what is stored while the doctor looks does not make a right clock wrong', () =>
  inQuickWorld(async (world) => {
    const looking = faults(world);
    world.turn(hour);
    alter(
      world,
      'INSERT INTO audit (at, event) VALUES (CAST(? AS INTEGER), ?)',
      String(world.now()),
      'sign_in.refused',
    );
    assert.deepEqual(
      (await looking).filter((fault) => fault.startsWith('clock')),
      [],
    );
  }));

test('passkeys that were made for another host name are found, and an address for which there can be none', () =>
  inQuickWorld(async (world) => {
    const said = async (publicUrl: string): Promise<string[]> => {
      const { state = '', found = '' } =
        (await findings(world, { publicUrl })).find(({ check }) => check === 'passkeys') ?? {};
      return [state, found];
    };
    assert.deepEqual(await said(''), ['ok', 'They are for localhost; there are 0.']);
    for (const name of ['carol', 'dora']) await makePersonWithPasskey(world, name);
    alter(
      world,
      "UPDATE passkeys SET rp_id = 'old.example.org' WHERE name = 'Phone' AND id = (SELECT min(id) FROM passkeys)",
    );
    assert.deepEqual(await said('http://localhost:8000'), [
      'warning',
      'Of 2 passkeys 1 sign nobody in: they were made for another host name (old.example.org) than that of the public URL (localhost).',
    ]);
    assert.match((await fault(world, 'passkeys')).todo ?? '', /--public-url .*add a new passkey/);
    const ip = 'Nobody can use or add a passkey: the public URL https://192.0.2.1 names an IP address.';
    assert.deepEqual(await said('https://192.0.2.1'), ['warning', ip]);
    assert.match((await said('https://[2001:db8::1]:8443'))[1] ?? '', /names an IP address/);
  }));

test('whose word on addresses counts is said, and that it must not be everybody’s', () =>
  inQuickWorld(async (world) => {
    const said = async (trustProxy: string[]): Promise<string> => {
      const found = (await findings(world, { trustProxy })).find(({ check }) => check === 'proxies');
      return `${found?.state}: ${found?.found} ${found?.todo}`;
    };
    assert.match(await said([]), /^ok: Every request counts .* name it with --trust-proxy/);
    assert.match(await said(['10.0.0.0/8']), /^ok: 10\.0\.0\.0\/8 may say in X-Forwarded-For/);
    assert.match(await said(['10.0.0.0/8', '0.0.0.0/0']), /^failure: Everybody may say/);
  }));
