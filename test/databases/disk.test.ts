/** A disk that is full, and one that is read-only, under SQLite: nobody gets in, nothing is half done, and it passes. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { endless } from '../endless.ts';
import { quickHash } from '../quick-hash.ts';
import { freshCode, inWorld, makePerson, makePersonWithCode, type Person, signIn, type World } from '../server.ts';
import { dump } from '../tables.ts';

const parts = { limits: endless, argon2: quickHash };

const ready = async (world: World) => world.call('GET', '/readyz');
/** What people do all day; each of these writes. */
async function tryEverything(world: World, person: Person, token: string, otp: string): Promise<void> {
  const { basic, recoveryCodes, password } = person;
  const tries = [
    () => world.call('POST', '/auth/credentials', { basic, body: { otp } }),
    () => world.call('POST', '/auth/credentials', { basic, body: { recovery_code: recoveryCodes?.[0] } }),
    () => world.call('PUT', '/auth/password', { token, body: { current: password, new: 'another four plain words' } }),
    () => world.call('POST', '/auth/recovery-codes', { token }),
    () => world.call('DELETE', '/auth/sessions', { token }),
    () => world.call('DELETE', '/auth/sessions/current', { token }),
  ];
  for (const attempt of tries) {
    const { status, body, headers } = await attempt();
    assert.deepEqual([status, body.code, body.token], [503, 'unavailable', undefined]);
    assert.match(String(headers['content-type']), /problem\+json/);
  }
}

/** Breaks the disk in the midst of a working day: whoever was in before is, and nothing else is promised. */
async function onReadOnly(world: World, fails: () => Promise<unknown>): Promise<() => Promise<number>> {
  const bob = await makePersonWithCode(world);
  const token = await signIn(world, bob);
  const otp = freshCode(world, bob.secret ?? Buffer.of());
  assert.equal((await ready(world)).status, 200);
  await fails();
  const before = dump(world);
  await tryEverything(world, bob, token, otp);
  assert.deepEqual(dump(world), before);
  const { status, body } = await ready(world);
  assert.equal(status, 503);
  assert.match(body.detail, /keeps nothing that is written to it: the log/);
  assert.equal((await world.call('GET', '/healthz')).status, 200);
  assert.equal((await world.call('GET', '/whoami', { token })).status, 200);
  return async () => (await world.call('POST', '/auth/credentials', { basic: bob.basic, body: { otp } })).status;
}

const onWriter = ({ transaction }: Database, pragma: string): Promise<unknown> =>
  transaction((tx) => sql.raw(pragma).execute(tx));

/** Fills what room there is in the pages and files that SQLite has already, with less and less, until nothing fits. */
async function fill({ transaction }: Database): Promise<void> {
  await transaction((tx) => sql`create table if not exists filler (bytes blob)`.execute(tx)).catch(() => undefined);
  for (const size of [100_000, 3000, 500, 50, 1]) {
    for (let full = false; !full; ) {
      const more = transaction((tx) => sql`insert into filler values (zeroblob(${size}))`.execute(tx));
      await more.catch(() => {
        full = true;
      });
    }
  }
}

test('as the last room in a file is used up, each sign-in is kept whole or not at all, and no code is lost to it', () =>
  inWorld(
    async (world) => {
      const { database } = world.server.service;
      const bob = await makePersonWithCode(world);
      const alice = await makePerson(world);
      const otp = freshCode(world, bob.secret ?? Buffer.of());
      await onWriter(database, 'pragma max_page_count = 1');
      await fill(database);
      const attempt = async (person: Person, body?: object): Promise<number> => {
        // A try is charged before it is judged, and stays so where nothing more could be written.
        const before = dump(world, ['budgets', 'audit']);
        const { status } = await world.call('POST', '/auth/credentials', { basic: person.basic, body });
        if (status === 503) assert.deepEqual(dump(world, ['budgets', 'audit']), before);
        return status;
      };
      let last = 200;
      for (let times = 0; last === 200 && times < 200; times += 1) last = await attempt(alice);
      assert.equal(last, 503);
      assert.match(
        world.log(),
        /The disk of the database is full \(database or disk is full\)\. Make room in the folder/,
      );
      const withCode = await attempt(bob, { otp });
      await onWriter(database, 'pragma max_page_count = 1000000');
      const again = withCode === 503 ? [200, 401] : [401, 401];
      assert.deepEqual([await attempt(bob, { otp }), await attempt(bob, { otp })], again);
    },
    {},
    parts,
  ));

test('where SQLite may only read, nobody gets in and nothing is changed; who was in before is', () =>
  inWorld(
    async (world) => {
      const { database } = world.server.service;
      await onReadOnly(world, () => onWriter(database, 'pragma query_only = on'));
      assert.match(world.log(), /The database cannot be written to \([^)]*\)\. Let this user write to the folder/);
    },
    {},
    parts,
  ));

/** A small disk in memory, where this user may mount one. */
function smallDisk(t: TestContext): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder], { stdio: 'ignore' });
    t.after(() => {
      execFileSync('umount', ['-l', folder]);
      rmSync(folder, { recursive: true });
    });
    return folder;
  } catch {
    rmSync(folder, { recursive: true });
    return undefined;
  }
}

test('a real disk that is full: the log says what to do, nothing is half done, and room heals it', async (t) => {
  const folder = smallDisk(t);
  if (!folder)
    return t.skip('nobody but an administrator mounts a disk: SQLite alone was asked what it says of a full one');
  const story = async (world: World): Promise<void> => {
    const filler = join(folder, 'filler');
    const { database } = world.server.service;
    const code = await onReadOnly({ ...world, folder }, async () => {
      for (const size of [65_536, 1024, 1]) writeUntilFull(filler, size);
      await fill(database);
    });
    assert.match(world.log(), /The disk of the database (is full|fails, is full, or is read-only) \([^)]*\)\. /);
    rmSync(filler);
    for (const over = AbortSignal.timeout(20_000); (await ready(world)).status !== 200; await sleep(50))
      over.throwIfAborted();
    assert.deepEqual([await code(), await code()], [200, 401], 'the code was not spent, and is now');
    const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(database.read);
    assert.equal(rows[0]?.integrity_check, 'ok');
  };
  await inWorld(story, { data: join(folder, 'data') }, parts);
});

function writeUntilFull(path: string, size: number): void {
  try {
    for (;;) writeFileSync(path, Buffer.alloc(size), { flag: 'a' });
  } catch (error) {
    assert.match(String(error), /ENOSPC/);
  }
}

test('a start on a disk that is full or read-only says so, and what to do', async (t) => {
  const folder = smallDisk(t);
  if (!folder)
    return t.skip('nobody but an administrator mounts a disk: SQLite alone was asked what it says of a full one');
  const data = join(folder, 'data');
  mkdirSync(data);
  const file = join(data, 'countersign.db');
  await (await openDatabase({ file })).close();
  execFileSync('mount', ['-o', 'remount,ro', folder]);
  await assert.rejects(openDatabase({ file }), /EROFS|cannot be (written to|opened)|read-only/);
  execFileSync('mount', ['-o', 'remount,rw', folder]);
  rmSync(file);
  writeUntilFull(join(folder, 'filler'), 65_536);
  await assert.rejects(openDatabase({ file }), {
    name: 'DatabaseUnavailable',
    message: /The disk of the database (is full|fails, is full, or is read-only).*folder that --data/,
  });
});
