import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { verbs } from '../../src/cli/verbs.ts';
import { optionNames } from '../../src/options.ts';
import { countersign, inFolder } from '../cli/process.ts';

/** what other people of the same machine see: processes, their environment, files, the screen. */
const every = verbs.flatMap((verb) =>
  'verbs' in verb ? verb.verbs.map((each) => [verb.name, each] as const) : [['', verb] as const],
);

describe('the command line', { concurrency: true }, () => {
  it('has no argument, flag or option that takes a secret, which others could read in the list of processes', () => {
    const takes = every.flatMap(([group, { name, args = [], flags = [], needs = [] }]) =>
      [...args, ...flags, ...needs].map(([term]) => `${group} ${name} ${term}`),
    );
    assert.ok(takes.length > 10);
    const secretive = /password|secret|token|otp\b|code|uri/i;
    assert.deepEqual(
      takes.filter((term) => secretive.test(term.replace(/^totp \w+|^\w+ (set-password|reset-second-factor)/, ''))),
      [],
    );
    const options = optionNames.filter((name) => secretive.test(name));
    assert.deepEqual(options, ['passwordBlocklistFile'], 'the one name like that is a file of common passwords');
  });

  it('takes no address of a database with a password in it as an argument', () =>
    inFolder(async (folder) => {
      const address = 'postgres://cs:marker/9@db.example.com/cs';
      const commands = [
        ['serve', '--database-url', address],
        ['config', 'print', `--database-url=${address}`],
        ['db', 'copy', '--from', address],
        ['db', 'copy', '--to', address],
      ];
      for (const args of commands) {
        const { code, stdout, stderr } = await countersign(args, { folder });
        assert.equal(code, 2, stderr);
        assert.match(stderr, /takes no password: .* COUNTERSIGN_DATABASE_URL_FILE names\./);
        assert.doesNotMatch(stdout + stderr, /marker/);
      }
    }));

  it('tells nobody the password that it was given, nor its hash', () =>
    inFolder(async (folder) => {
      const given = { folder, stdin: 'marker of the command line\n' };
      const { code, stdout, stderr } = await countersign(['user', 'create', 'alice', '--json'], given);
      assert.equal(code, 0, stderr);
      const wrong = await countersign(['user', 'create', 'bob', '--data', './data'], { folder, stdin: 'marker\n' });
      assert.equal(wrong.code, 1);
      const listed = await Promise.all(
        [
          ['user', 'list', '--json'],
          ['session', 'list', 'alice', '--json'],
          ['config', 'print', '--json'],
        ].map((args) => countersign(args, { folder })),
      );
      assert.match(listed[0]?.stdout ?? '', /alice/);
      const [, key = ''] = readFileSync(join(folder, 'keys', 'countersign.keys'), 'utf8')
        .trim()
        .split(' ');
      assert.ok(key.length >= 43);
      for (const said of [{ stdout, stderr }, wrong, ...listed]) {
        const text = said.stdout + said.stderr;
        assert.doesNotMatch(text, /marker|\$argon2|"hash"|"secret"/, text);
        assert.ok(!text.includes(key));
      }
    }));

  it(
    'writes what holds a secret for its owner alone',
    {
      skip: process.platform === 'win32',
    },
    () =>
      inFolder(async (folder) => {
        const uri = 'otpauth://totp/Countersign:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Countersign';
        const png = await countersign(['totp', 'qr', '--png', 'qr.png'], { folder, stdin: `${uri}\n` });
        const made = await countersign(['key', 'create', 'a.keys'], { folder });
        assert.deepEqual([png.code, made.code], [0, 0], png.stderr + made.stderr);
        for (const file of ['qr.png', 'a.keys']) assert.equal(statSync(join(folder, file)).mode & 0o077, 0, file);
      }),
  );
});
