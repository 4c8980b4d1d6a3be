import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { newId, newToken } from './tokens.ts';

test('ten thousand tokens are all different, of 256 bits each, and no place of them is always the same', () => {
  const tokens = Array.from({ length: 10_000 }, () => newToken('csn_'));
  assert.equal(new Set(tokens.map(({ token }) => token)).size, tokens.length);
  assert.equal(new Set(tokens.map(({ hash }) => hash.toString('hex'))).size, tokens.length);
  const bytes = tokens.map(({ token }) => Buffer.from(token.slice('csn_'.length), 'base64url'));
  assert.ok(bytes.every(({ length }) => length === 32));
  for (let place = 0; place < 32; place += 1)
    assert.equal(new Set(bytes.map((each) => each[place])).size, 256, `byte ${place}`);
});

test('of a hundred tokens that are made at the same time no two are the same', async () => {
  const made = Array.from({ length: 100 }, async () => {
    await turnOfLoop();
    return newToken('csn_');
  });
  const tokens = (await Promise.all(made)).map(({ token }) => token);
  assert.equal(new Set(tokens).size, tokens.length);
  for (const token of tokens) assert.match(token, /^csn_[\w-]{43}$/);
});

test('ten thousand ids are all different', () => {
  assert.equal(new Set(Array.from({ length: 10_000 }, newId)).size, 10_000);
});
