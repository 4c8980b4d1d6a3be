import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Verb } from '../../src/cli/verb.ts';
import { verbs } from '../../src/cli/verbs.ts';
import { openService } from '../../src/service.ts';
import { quickHash } from '../quick-hash.ts';
import { secret, withOperator } from './operator.ts';

/** Every verb of the command line on PostgreSQL, as an operator types it. */

const password = { stdin: 'four unrelated plain words\n' };

/** Command lines in an order in which each finds what it needs, and what it answers. */
const lines: readonly [line: string, answer: RegExp, given?: { stdin: string }][] = [
  ['config print', /^database-url +\(secret\) +COUNTERSIGN_DATABASE_URL$/m],
  ['config check', /^The configuration is in order\.$/m],
  ['setup-link', /^Open this .*\n {2}http:\/\/localhost:8000\/setup\?token=csl_/],
  ['user create root --admin', /^Created the administrator root\.$/m, password],
  ['user create alice', /^Created the user alice\.$/m, password],
  ['user list', /^alice +user +enabled/m],
  ['user disable alice', /^alice is disabled/],
  ['user enable alice', /^alice is enabled\.$/m],
  ['user set-password alice', /^alice has a new password/, password],
  ['user reset-second-factor alice', /^alice has no second factor any more/],
  ['session list alice', /^$/],
  ['session end alice --all', /^Ended 0 sessions of alice\.$/m],
  ['session end-everybody', /^Ended 0 sessions: everybody signs in again\.$/m],
  ['user delete alice', /^Deleted alice\.$/m],
  ['key rotate', /^Added key k[\da-f]{8} to .*\n/],
  ['key list', /^k[\da-f]{8} +seals +\d+ +\d+ /m],
  ['key reseal', /^Sealed 0 values anew with key/],
  ['audit list', /^\S+ +user\.deleted +\S+ +operator/m],
  ['audit export', /"event":"user\.deleted"/],
  ['audit verify', /^\d+ rows in the log, .* all are as they were written\.$/m],
  ['doctor', /^ok +connection: PostgreSQL 1\d\S*, countersign_test_\w+ at 127\.0\.0\.1:\d+, without TLS\. It keeps/m],
];

/** Those that are told elsewhere, or that touch no database. */
const elsewhere = /^(serve|demo|healthcheck|totp .*|key create|db .*)$/;

test('every verb that touches the database works on PostgreSQL, shows no password, and makes no file of SQLite', () =>
  withOperator('migrated', async (operator) => {
    const told = lines.map(([line]) => line);
    const untold = all().filter((name) => !elsewhere.test(name) && !told.some((line) => line.startsWith(name)));
    assert.deepEqual(untold, [], 'a new verb is to be told here');
    for (const [line, answer, given] of lines) {
      const { code, stdout, stderr } = await operator.run(line, given);
      assert.equal(code, 0, `${line}: ${stdout}${stderr}`);
      assert.match(stdout, answer, line);
      assert.ok(!`${stdout}${stderr}`.includes(secret), line);
    }
    assert.ok(!existsSync(join(operator.folder, 'data')));
  }));

test('the log verifies while rows are written to it', () =>
  withOperator('migrated', async ({ run, url, keyFile }) => {
    const service = await openService({ databaseUrl: url, keyFile }, { argon2: quickHash });
    const { audit, clock, database } = service;
    let writing = true;
    const write = async (): Promise<void> => {
      while (writing)
        await database.transaction((tx) => audit.record(tx, clock(), { event: 'user.created', actorId: 'operator' }));
    };
    const written = write();
    try {
      for (let times = 0; times < 5; times += 1) {
        const { code, stderr } = await run('audit verify');
        assert.equal(code, 0, stderr);
      }
    } finally {
      writing = false;
      await written;
      await service.close();
    }
  }));

test('where the database has nothing of ours, verbs that need something say so, and those that may begin one do', () =>
  withOperator('empty', async ({ run, folder }) => {
    const nothing =
      'countersign: The database of PostgreSQL holds nothing of Countersign. Name the right one with --database-url (COUNTERSIGN_DATABASE_URL), or start the service once.\n';
    for (const verb of ['user list', 'key list', 'key reseal', 'audit list', 'audit verify', 'doctor --accept-clock'])
      assert.deepEqual(await run(verb), { code: 1, stdout: '', stderr: nothing }, verb);
    const { code, stdout } = await run('doctor');
    assert.equal(code, 0);
    assert.match(stdout, /^warning +database: The database holds nothing of Countersign yet\.\n {2}→ The first start/m);
    assert.equal((await run('config check')).code, 0);

    const made = await run('user create alice', password);
    assert.deepEqual([made.code, made.stderr], [0, 'countersign: Made a new database in PostgreSQL.\n']);
    assert.equal((await run('doctor')).code, 0);
    assert.ok(!existsSync(join(folder, 'data')));
  }));

test('a server that cannot be had is said at once, by each verb and without the password', () =>
  withOperator('migrated', async ({ run, url: right }) => {
    const withChange = (change: (url: URL) => void): string => {
      const url = new URL(right);
      change(url);
      return url.href;
    };
    const wrong: [url: string, told: RegExp][] = [
      [withChange((url) => (url.port = '1')), /PostgreSQL cannot be reached \(connect ECONNREFUSED 127\.0\.0\.1:1\)/],
      [withChange((url) => (url.pathname = '/nowhere')), /There is no such database \(database "nowhere" does not/],
      [withChange((url) => (url.search = '?sslmode=verify-full')), /PostgreSQL offers no TLS/],
    ];
    for (const [url, told] of wrong)
      for (const verb of ['user list', 'key list', 'audit verify', 'config check', 'doctor', 'doctor --json']) {
        const { code, stdout, stderr } = await run(verb, { env: { COUNTERSIGN_DATABASE_URL: url } });
        assert.equal(code, 1, verb);
        assert.match((verb.startsWith('doctor') ? stdout : stderr).replaceAll('\\"', '"'), told, verb);
        assert.ok(!`${stdout}${stderr}`.includes(secret), verb);
      }
  }));

test('an address that cannot be one is refused in words that do not repeat it', () =>
  withOperator('migrated', async ({ run }) => {
    for (const url of [
      `mysql://user:${secret}@localhost/x`,
      `postgres://user:${secret}@localhost/`,
      `postgres://user:${secret}@localhost/x?sslmode=prefer`,
      `postgres://user:${secret}%@localhost/x`,
    ])
      for (const verb of ['serve', 'user list', 'config check', 'config print', 'doctor']) {
        const { code, stdout, stderr } = await run(verb, { env: { COUNTERSIGN_DATABASE_URL: url } });
        assert.ok(!`${stdout}${stderr}`.includes(secret), `${verb} with ${url}`);
        if (verb === 'config print' && url.startsWith('postgres')) assert.equal(code, 0);
        else
          assert.match(`${stdout}${stderr}`, /--database-url \(COUNTERSIGN_DATABASE_URL\) \S/, `${verb} with ${url}`);
      }
  }));

test('the demo takes no database of PostgreSQL, wherever it is named', () =>
  withOperator('migrated', async (operator) => {
    const env = { COUNTERSIGN_KEY_FILE: undefined, COUNTERSIGN_DATA: undefined };
    const { code, stderr } = await operator.run('demo', { env });
    assert.equal(code, 2);
    assert.match(stderr, /leave out COUNTERSIGN_DATABASE_URL from the environment, or run `countersign serve`/);
    assert.ok(!stderr.includes(secret));
  }));

/** The names of all verbs, as they are typed. */
function all(): string[] {
  const names = (under: string, list: readonly { name: string; verbs?: readonly Verb[] }[]): string[] =>
    list.flatMap(({ name, verbs: more }) => (more ? names(`${under}${name} `, more) : `${under}${name}`));
  return names('', verbs);
}
