import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, second } from '../../src/clock.ts';
import { cookieJar } from './cookies.ts';

const now = Date.UTC(2026, 10, 22);

test('a cookie goes with every request below its path until it is over', () => {
  const jar = cookieJar();
  jar.keep('__Host-a=1; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=60', now);
  jar.keep('b=x=y; Path=/account', now);
  assert.equal(jar.header('/', now), '__Host-a=1');
  assert.equal(jar.header('/account/sessions', now), '__Host-a=1; b=x=y');
  assert.equal(jar.header('/accounts', now), '__Host-a=1');
  assert.equal(jar.header('/account', now + 60 * second), 'b=x=y');
  assert.deepEqual(jar.all(now)[0], {
    name: '__Host-a',
    value: '1',
    path: '/',
    expiresAt: now + 60 * second,
    secure: true,
    httpOnly: true,
    sameSite: 'lax',
  });
});

test('a new value takes the place of the old one, and Max-Age=0 or a date gone by takes it away', () => {
  const jar = cookieJar();
  jar.keep('a=1', now);
  jar.keep('a=2', now);
  assert.equal(jar.header('/', now), 'a=2');
  jar.keep('a=; Max-Age=0', now);
  assert.equal(jar.header('/', now), '');
  jar.keep('a=3', now);
  jar.keep(`a=; Expires=${new Date(now - day).toUTCString()}`, now);
  assert.deepEqual(jar.all(now), []);
});

for (const [line, why] of [
  ['__Host-a=1; Path=/', /wants Secure/],
  ['__Secure-a=1; Path=/', /wants Secure/],
  ['__Host-a=1; Secure', /wants Path/],
  ['__Host-a=1; Secure; Path=/account', /wants Path/],
  ['__Host-a=1; Secure; Path=/; Domain=example.com', /no domain/],
  ['a=1; SameSite=None', /wants Secure/],
  ['a=1; Max-Age=soon', /cannot be read/],
  ['=1', /cannot be read/],
] as const) {
  test(`a cookie that a browser would not keep is an error: ${line}`, () => {
    const jar = cookieJar();
    assert.throws(() => jar.keep(line, now), why);
    assert.deepEqual(jar.all(now), []);
  });
}
