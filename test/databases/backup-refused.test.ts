import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { sql } from 'kysely';
import { holdWhole, makeSchema } from '../../src/database/database.ts';
import { createKeyFile, restore } from '../../src/upkeep/upkeep.ts';
import { quickHash } from '../quick-hash.ts';
import { inWorld, makePerson, makeWorld } from '../server.ts';
import { atSite, atTwoSites, kinds, type Site } from './backup-steps.ts';

/** What is no whole backup of this service is not put back, and nothing is left of the attempt. */
const backUp = async (site: Site, name = 'all.backup'): Promise<string> => {
  const file = join(site.folder, name);
  const made = await site.run(['db', 'backup', file]);
  assert.equal(made.code, 0, made.stderr);
  return file;
};

const withAlice = ({ options }: Site): Promise<void> =>
  inWorld(async (world) => void (await makePerson(world)), options, { argon2: quickHash });

for (const kind of kinds) {
  test(`${kind}: a backup that is cut off, changed, of later times or of other keys leaves nothing, and a good one goes in after it`, () =>
    atTwoSites('SQLite', kind, async (home, away) => {
      await withAlice(home);
      const file = await backUp(home);
      const text = await readFile(file, 'utf8');
      const bad = join(home.folder, 'bad.backup');
      for (const [content, why] of [
        [text.slice(1), /^countersign: This is no backup of Countersign\./],
        [text.slice(0, -1), /^countersign: This file is damaged, cut off/],
        [text.slice(0, text.indexOf('{"sha256"')), /^countersign: This file is damaged, cut off/],
        [text.replace('"alice"', '"mallet"'), /^countersign: This file is damaged, cut off/],
        [text.replace('"audit_sequence":', '"audit_sequence":1'), /^countersign: This file is damaged, cut off/],
        [
          text.replace('"0012-passkeys"', '"0099-later"'),
          /^countersign: This comes from a newer version \(0099-later\)/,
        ],
        [
          text.replace('"table":"users"', '"table":"losers"'),
          /^countersign: Table "losers" is another one in this version/,
        ],
        [
          text.replace('"table":"users"', '"table":"\\u001b[31m\\ncountersign: done"'),
          /^countersign: Table "\?\[31m\?countersign: done" is another one in this version.*\n$/,
        ],
        [text.replace(/^\[.*"alice".*\n/m, ''), /^countersign: Rows of table "passwords" do not go together/],
        [text.replace(/^\[.*"alice".*\n/m, '$&$&'), /^countersign: Rows of table "users" do not go together/],
        [text.replace(/^\[.*"alice"/m, '$&]'), /^countersign: This file is damaged, cut off/],
      ] as const) {
        await writeFile(bad, content);
        for (const verb of kind === 'SQLite' ? ['verify-backup', 'restore'] : ['restore']) {
          const refused = await away.run(['db', verb, bad]);
          assert.deepEqual([refused.code, refused.stdout], [1, ''], verb);
          assert.match(refused.stderr, why);
        }
      }
      await writeFile(bad, text.slice(0, -1));
      const { code, stdout } = await away.run(['db', 'verify-backup', bad, '--json']);
      const { ok, problems } = JSON.parse(stdout);
      assert.deepEqual([code, ok, problems.length], [1, false, 1]);
      await copyFile(away.options.keyFile, bad);
      await createKeyFile(join(away.folder, 'other', 'k'), 'or fail');
      await copyFile(join(away.folder, 'other', 'k'), away.options.keyFile);
      const otherKeys = await away.run(['db', 'restore', file]);
      assert.equal(otherKeys.code, 1);
      assert.match(
        otherKeys.stderr,
        /^countersign: \S+ does not hold the keys that this backup was made with\. Name a copy/,
      );
      await copyFile(bad, away.options.keyFile);
      const good = await away.run(['db', 'restore', file]);
      assert.equal(good.code, 0, good.stderr);
      const twice = await away.run(['db', 'restore', file]);
      assert.match(twice.stderr, /^countersign: There is a database already, with rows in its table "users"/);
    }));

  test(`${kind}: what another program has in the same database stays, and where it has a name of ours nothing is put beside it`, () =>
    atTwoSites('SQLite', kind, async (home, away) => {
      await withAlice(home);
      const file = await backUp(home);
      const alter = (statement: string): Promise<unknown> =>
        holdWhole(away.place, (tx) => sql.raw(statement).execute(tx));
      await alter('create table songs (title text)');
      await alter("insert into songs values ('one')");
      for (const name of ['sessions', 'instances', 'kysely_migration']) {
        await alter(`create table ${name} (name text)`);
        await alter(`insert into ${name} values ('theirs')`);
        for (const args of [
          ['restore', file],
          ['copy', '--from', home.address],
        ]) {
          const refused = await away.run(['db', ...args]);
          assert.equal(refused.code, 1, name);
          assert.match(refused.stderr, new RegExp(`There is a table "${name}" already|A newer version .*theirs`));
        }
        const { rows } = await holdWhole(away.place, (tx) => sql`select * from ${sql.table(name)}`.execute(tx));
        assert.equal(rows.length, 1, name);
        await alter(`drop table ${name}`);
      }
      assert.equal((await away.run(['db', 'migrate'])).code, 0);
      await alter("insert into songs values ('two')");
      const restored = await away.run(['db', 'restore', file]);
      assert.equal(restored.code, 0, restored.stderr);
      const { rows } = await holdWhole(away.place, (tx) =>
        sql<{ title: string }>`select title from songs order by title`.execute(tx),
      );
      assert.deepEqual(
        rows.map(({ title }) => title),
        ['one', 'two'],
      );
    }));

  test(`${kind}: from what was put back and never accepted nobody is served`, () =>
    atTwoSites('SQLite', kind, async (home, away) => {
      await withAlice(home);
      const bytes = await readFile(await backUp(home));
      const at = { place: away.place, keys: away.options, now: Date.now() };
      await restore(at, [bytes].values() as unknown as AsyncIterable<Uint8Array>);
      await assert.rejects(makeWorld(away.options), /A backup was put into this database, and nobody has accepted it/);
      const accepted = await away.run(['db', 'restore', '--accept']);
      assert.equal(accepted.code, 0, accepted.stderr);
      await inWorld(async (world) => assert.ok(await world.server.users.find('alice')), away.options);
    }));

  test(`${kind}: a backup of an older version is put back and brought up to date`, () =>
    atTwoSites(kind, kind, async (home, away) => {
      await holdWhole(home.place, async (tx) => {
        await makeSchema(tx, '0003-known-browsers');
        await sql`insert into users (id, name, administrator, disabled, created_at) values ('u1', 'alice', 0, 0, 1)`.execute(
          tx,
        );
        await sql`insert into audit (at, event, user_id) values (1, 'password.changed', 'u1')`.execute(tx);
      });
      const file = await backUp(home);
      assert.match(await readFile(file, 'utf8'), /"schema":"0003-known-browsers".*\n.*"table":"users"/);
      const verified = await away.run(['db', 'verify-backup', file, '--json']);
      assert.deepEqual(JSON.parse(verified.stdout).problems, []);
      assert.equal((await away.run(['db', 'restore', file])).code, 0);
      assert.match((await away.run(['user', 'list'])).stdout, /^alice +user +enabled/m);
      await holdWhole(away.place, async (tx) => {
        const { rows } = await sql<{ password_given: number }>`select password_given from users`.execute(tx);
        assert.equal(rows[0]?.password_given, 1, 'as the migrations make it of the rows');
      });
    }));
}

test('a backup goes over no file, and leaves none where it fails; through pipes it needs no file at all', () =>
  atTwoSites('SQLite', 'SQLite', async (home, away) => {
    assert.equal((await home.run(['db', 'backup', join(home.folder, 'none')])).code, 1, 'there is no database');
    await withAlice(home);
    const file = await backUp(home);
    const before = await readFile(file);
    const again = await home.run(['db', 'backup', file]);
    assert.deepEqual([again.code, /exists already, and a backup is never put over/.test(again.stderr)], [1, true]);
    assert.deepEqual(await readFile(file), before);
    const nowhere = await home.run(['db', 'backup', join(home.folder, 'missing', 'x')]);
    assert.deepEqual(
      [nowhere.code, /^countersign: There is no folder \S+missing\. Make it/.test(nowhere.stderr)],
      [1, true],
    );
    assert.deepEqual(readdirSync(home.folder).sort(), ['all.backup', 'data', 'keys']);

    const piped = await home.run(['db', 'backup', '-']);
    assert.match(piped.stderr, /^countersign: Backed up 1 account .* to stdout\./);
    assert.equal((await home.run(['db', 'backup', '-', '--json'])).code, 2);
    const bytes = Buffer.from(piped.stdout);
    assert.match(
      (await away.run(['db', 'verify-backup', '-'], bytes)).stdout,
      /^A backup of \S+, made by version \S+: 1 account/,
    );
    assert.equal((await away.run(['db', 'restore', '-'], bytes)).code, 0);
    assert.match((await away.run(['user', 'list'])).stdout, /^alice /m);
  }));

test('what the keys no longer open, and what was done to the log, is told of a backup and keeps nobody from putting it back', () =>
  atTwoSites('SQLite', 'PostgreSQL', async (home, away) => {
    await withAlice(home);
    await holdWhole(home.place, async (tx) => {
      await sql`update passwords set hash = zeroblob(100)`.execute(tx);
      await sql`update audit set at = at + 1`.execute(tx);
    });
    const file = await backUp(home);
    const verified = await away.run(['db', 'verify-backup', file]);
    assert.equal(verified.code, 1);
    assert.match(verified.stderr, /^countersign: The password of one user cannot be opened, and is refused\.$/m);
    assert.match(verified.stderr, /^countersign: The audit log: Row 1 \(link 1 of chain 1\) was changed/m);
    const restored = await away.run(['db', 'restore', file]);
    assert.deepEqual([restored.code, /The password of one user cannot be opened/.test(restored.stderr)], [0, true]);
  }));

test('a log that cannot be read keeps a backup out; whatever fails after that says that the backup is in', () =>
  atTwoSites('SQLite', 'SQLite', async (home, away) => {
    await withAlice(home);
    const file = await backUp(home);
    const log = join(home.folder, 'log');
    await writeFile(log, '{"sequence":1}\n');
    const early = await away.run(['db', 'restore', file, '--audit', log]);
    assert.match(early.stderr, /^countersign: Line 1 is no row of an exported audit log/);
    assert.ok(!existsSync(away.options.data), 'nothing was put in');
    const mark = join(away.folder, 'taken');
    await writeFile(mark, 'no mark');
    const late = await away.run(['db', 'restore', file, '--mark-file', mark]);
    assert.equal(late.code, 1);
    assert.match(late.stderr, /^countersign: The backup is in, and nobody is served from it yet: .*--accept`\.$/m);
    assert.equal((await away.run(['db', 'restore', '--accept'])).code, 0);
  }));

test('the database of another program is not backed up, and whoever names it is told how to name the right one', () =>
  atSite('SQLite', async (site) => {
    await mkdir(site.options.data);
    const file = new DatabaseSync(join(site.options.data, 'countersign.db'));
    file.exec('create table songs (title text)');
    file.close();
    const { code, stderr } = await site.run(['db', 'backup', join(site.folder, 'all.backup')]);
    const sentence = /^countersign: This is no database of Countersign\. Name the right one with --data \(/;
    assert.deepEqual([code, sentence.test(stderr)], [1, true], stderr);
  }));

test('where a mark is kept, it says after a backup how far the database had come', () =>
  atSite('SQLite', async (site) => {
    await withAlice(site);
    const markFile = join(site.folder, 'mark', 'countersign.mark');
    const file = join(site.folder, 'all.backup');
    const made = await site.run(['db', 'backup', file, '--mark-file', markFile]);
    assert.equal(made.code, 0, made.stderr);
    const head = JSON.parse((await readFile(file, 'utf8')).split('\n')[0] ?? '');
    const mark = JSON.parse(await readFile(markFile, 'utf8'));
    assert.deepEqual([mark.generation, mark.sequence], [head.generation, head.audit_sequence]);
    assert.ok(mark.sequence > 0);
  }));

test('a restore is told what to put back, or to accept what is there, and looks for its files first', () =>
  atSite('SQLite', async (site) => {
    for (const args of [[], ['all.backup', '--accept']])
      assert.equal((await site.run(['db', 'restore', ...args])).code, 2);
    const missing = await site.run(['db', 'restore', '--accept', '--audit', 'gone']);
    assert.deepEqual([missing.code, missing.stderr], [1, 'countersign: There is no file gone.\n']);
    const nowhere = await site.run(['db', 'restore', 'gone']);
    assert.match(nowhere.stderr, /^countersign: There is no file gone\.\n/);
    assert.ok(!existsSync(site.options.data), 'no database was made');
  }));
