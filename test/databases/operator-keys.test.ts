import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { isNewDatabase } from '../../src/database/database.ts';
import { newKeyLine } from '../../src/seal.ts';
import { createKeyFile, KeyError } from '../../src/upkeep/upkeep.ts';
import { atOnce } from './at-once.ts';
import { withInstances, withOperator } from './operator.ts';

/** Keys on PostgreSQL: given, never made; the same for every instance; rotated as on SQLite. */
process.env['COUNTERSIGN_TEST_ON'] = 'postgres';
for (const file of ['key-instances', 'key-rotation']) await import(`../${file}.test.ts`);

for (const kind of ['empty', 'migrated'] as const)
  test(`no verb and no start makes a key file, and each says what to do (the database is ${kind})`, () =>
    withOperator(
      kind,
      async ({ run, url, keyFile, folder }) => {
        const told = new RegExp(
          `There is no key file ${keyFile}, .* for the very first one run \`countersign key create ${keyFile}\``,
        );
        const verbs = ['config check', 'setup-link', 'user create alice', 'doctor'];
        const more = ['user list', 'session list alice', 'key list', 'key rotate', 'key reseal', 'audit list'];
        for (const verb of kind === 'empty' ? verbs : [...verbs, ...more, 'audit verify']) {
          const { code, stdout, stderr } = await run(verb, { stdin: 'four unrelated plain words\n' });
          assert.equal(code, 1, verb);
          assert.match(verb === 'doctor' ? stdout : stderr, told, verb);
        }
        await withInstances({ url, keyFiles: [keyFile] }, async (_, [refusal]) => {
          assert.match(String(refusal), told);
        });
        for (const path of [keyFile, join(folder, 'keys'), join(folder, 'data')]) assert.ok(!existsSync(path), path);
        assert.equal(await isNewDatabase({ url }), kind === 'empty', 'nothing was made in the database either');
      },
      'no key file',
    ));

test('once the database knows its key, a file that is missing is to be put back, not made', () =>
  withOperator('migrated', async ({ run, keyFile }) => {
    const begun = await run('setup-link');
    assert.equal(begun.code, 0, begun.stderr);
    await rm(keyFile);
    const { code, stderr } = await run('setup-link');
    assert.equal(code, 1);
    assert.match(stderr, /is missing, and this database was sealed with it\. Put the right key file back/);
    assert.ok(!existsSync(keyFile));
  }));

test('of instances that start at once with different keys one wins, and the others are refused and leave nothing', () =>
  withOperator('migrated', async ({ url, folder }) => {
    const line = newKeyLine();
    const [id = ''] = line.split(' ');
    const files = await Promise.all(
      // Two with keys of different ids, two with different keys of one id.
      [newKeyLine(), newKeyLine(), line, newKeyLine().replace(/^\w+/, id)].map(async (text, index) => {
        const keyFile = join(folder, `k${index}`);
        await writeFile(keyFile, text, { mode: 0o600 });
        return keyFile;
      }),
    );
    await withInstances({ url, keyFiles: files }, async (instances, refused) => {
      assert.deepEqual([instances.length, refused.length], [1, 3]);
      for (const reason of refused) {
        assert.ok(reason instanceof KeyError);
        assert.match(reason.message, /^This database was sealed with key|is not the one that this database was/);
      }
      const { rows } = atOnce(url, 'select id, active from keys');
      assert.deepEqual(
        rows.map(({ active }) => active),
        [1],
      );
      assert.equal(atOnce(url, 'select id from instances').rows.length, 1);
    });
  }));

test('instances that start at once with one key write its check value once, and open each other’s secrets', () =>
  withOperator('migrated', async ({ url, folder, keyFile }) => {
    const files = await Promise.all(
      [1, 2, 3].map(async (index) => {
        const copy = join(folder, `copy${index}`);
        await writeFile(copy, await readFile(keyFile), { mode: 0o600 });
        return copy;
      }),
    );
    await withInstances({ url, keyFiles: files }, async ([first, ...others], refused) => {
      assert.deepEqual([others.length, refused], [2, []]);
      assert.equal(atOnce(url, 'select id from keys').rows.length, 1);
      const given = { name: 'alice', password: 'four unrelated plain words' };
      await first?.users.create(given);
      const authorization = `Basic ${Buffer.from(`${given.name}:${given.password}`).toString('base64')}`;
      for (const other of others) {
        const answer = await other.inject({ method: 'POST', url: '/auth/credentials', headers: { authorization } });
        assert.equal(answer.statusCode, 200);
      }
    });
  }));

test('a key that is added before the first start does not take the place of the first one', () =>
  withOperator('migrated', async ({ run, keyFile, url }) => {
    const [first = ''] = (await readFile(keyFile, 'utf8')).split(' ');
    const added = JSON.parse((await run('key rotate --json')).stdout) as { id: string };
    const begun = await run('setup-link');
    assert.equal(begun.code, 0, begun.stderr);
    assert.deepEqual(
      new Map(atOnce(url, 'select id, active from keys').rows.map(({ id, active }) => [id, active])),
      new Map([
        [first, 1],
        [added.id, 0],
      ]),
    );
    await assert.rejects(createKeyFile(keyFile, 'or fail'), KeyError);
  }));
