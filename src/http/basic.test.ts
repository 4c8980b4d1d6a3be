import assert from 'node:assert/strict';
import { test } from 'node:test';
import { basicChallenge, basicCredentials } from './basic.ts';
import { Problem } from './problems.ts';

const encode = (text: string | Buffer): string => `Basic ${Buffer.from(text).toString('base64')}`;

test('the first colon divides name and password, both in UTF-8', () => {
  const table = [
    ['user:pass', 'user', 'pass'],
    ['user:', 'user', ''],
    [':pass', '', 'pass'],
    ['user:pa:ss:', 'user', 'pa:ss:'],
    ['jürgen:grüße 🦊', 'jürgen', 'grüße 🦊'],
    [' user : pass ', ' user ', ' pass '],
    ['\ufeffuser:pass', '\ufeffuser', 'pass'],
  ] as const;
  for (const [text, name, password] of table) assert.deepEqual(basicCredentials(encode(text)), { name, password });
});

test('the scheme is read in any case, with spaces around the credentials, with or without padding', () => {
  const expected = { name: 'user', password: 'pass1' };
  const encoded = Buffer.from('user:pass1').toString('base64');
  for (const scheme of ['Basic', 'basic', 'BASIC'])
    assert.deepEqual(basicCredentials(`${scheme}   ${encoded}  `), expected);
  assert.deepEqual(basicCredentials(`Basic ${encoded.replace(/=+$/, '')}`), expected);
});

test('none and malformed ones are 401 with the Basic challenge', () => {
  const wrong = [
    undefined,
    '',
    'Basic',
    'Basic ',
    'Bearer dXNlcjpwYXNz',
    'Digest username="user"',
    'Basic dXNlcjpwYXNz dXNlcjpwYXNz',
    'Basic dXNlcjpwY',
    'Basic dXNlcjpwYXN_-',
    'Basic !!!!',
    'Basic =',
    encode('no colon'),
    encode('a:b\u0000'),
    encode('a\n:b'),
    encode('a:b\u0085'),
    encode(Buffer.from([0x61, 0x3a, 0xff, 0xfe])),
    encode(Buffer.from([0x61, 0x3a, 0xed, 0xa0, 0x80])),
    `xBasic ${Buffer.from('a:b').toString('base64')}`,
  ];
  for (const header of wrong) {
    assert.throws(
      () => basicCredentials(header),
      (error) =>
        error instanceof Problem &&
        error.code === 'unauthenticated' &&
        error.particulars.headers?.['www-authenticate'] === basicChallenge,
      String(header),
    );
  }
  assert.equal(basicChallenge, 'Basic realm="Countersign", charset="UTF-8"');
});
