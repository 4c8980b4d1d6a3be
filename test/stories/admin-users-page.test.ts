import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, minute } from '../../src/clock.ts';
import { makePerson, makePersonWithCode } from '../server.ts';
import { inOffice, names, officeOf, words } from './office.ts';
import { tokenOf } from './steps.ts';

test('users are listed fifty a page, and found by a piece of the name', () =>
  inOffice(async (world, { open }) => {
    for (let count = 10; count < 70; count += 1) await world.server.users.create({ name: `user${count}` });
    const first = await open('/users');
    assert.deepEqual([first.status, names(first).length, names(first)[0]], [200, 50, 'root']);
    assert.doesNotMatch(words(first), /First page/);
    const [, next = ''] = /href="\/admin([^"]+)">Next page/.exec(first.text) ?? [];
    const second = await open(next);
    assert.deepEqual([names(second).length, names(second).at(-1)], [11, 'user69']);
    assert.match(words(second), /First page/);
    assert.doesNotMatch(words(second), /Next page/);
    assert.deepEqual(
      names(await open('/users?q=R1')),
      Array.from({ length: 10 }, (_, index) => `user1${index}`),
    );
    const [, more = ''] = /href="\/admin([^"]+)">Next page/.exec((await open('/users?q=USER')).text) ?? [];
    assert.equal(names(await open(more.replaceAll('&amp;', '&'))).length, 10);
    for (const query of ['after=', `after=${'a'.repeat(600)}`, `q=${'a'.repeat(600)}`, `done=${'a'.repeat(600)}`])
      assert.deepEqual(names(await open(`/users?${query}`)), names(first), query);
    assert.match(words(await open('/users?after=zz')), /There are no more users\. First page/);
    assert.match(words(await open('/users?q=%3Cb%3E')), /Nobody’s name has “&lt;b&gt;” in it/);
  }));

test('a new user gets a link, shown once and passed on by hand', () =>
  inOffice(async (world, { open, send }) => {
    const made = await send('/users', { name: 'Ivy' });
    assert.equal(made.status, 200);
    const [url = ''] = /http:\/\/localhost:8000\/invitation\?token=csl_[\w-]{43}/.exec(made.text) ?? [];
    assert.match(words(made), /ivy is created .*It works once, until 29 Nov 2026, 12:00 UTC/);
    assert.match(made.text, /data-copy="link"/);
    const token = new URL(url).searchParams.get('token') ?? '';
    const password = 'quite another long password';
    assert.equal((await world.call('POST', '/invitation', { form: { token, password } })).status, 200);
    await tokenOf(world, { basic: `ivy:${password}` });
    await send('/users', { name: 'ada', administrator: 'yes' });
    assert.deepEqual(
      [await world.server.users.find('ivy'), await world.server.users.find('ada')].map((each) => each?.administrator),
      [false, true],
    );
    assert.equal((await open('/users')).text.includes('csl_'), false);
  }));

test('a user that cannot be created leaves what was typed, and says why', () =>
  inOffice(async (world, { send }) => {
    await makePerson(world);
    const taken = await send('/users', { name: 'ALICE', administrator: 'yes' });
    assert.equal(taken.status, 409);
    assert.match(taken.text, /<title>Error: Users/);
    assert.match(taken.text, /<p role="alert"[^>]*>That name is taken\. Choose another one\.</);
    assert.match(taken.text, /name="name" value="ALICE"[^>]*aria-invalid="true"/);
    assert.match(taken.text, /name="administrator" value="yes" checked/);
    const bad = await send('/users', { name: '"> <script>' });
    assert.equal(bad.status, 422);
    assert.match(bad.text, /value="&quot;&gt; &lt;script&gt;"/);
    assert.match(words(bad), /A name has 1 to 64 letters/);
  }));

test('a name of markup is shown as text', () =>
  inOffice(async (_world, { open, send }) => {
    const name = `"'><script>`;
    const made = await send('/users', { name });
    const [, id = ''] = /href="\/admin\/users\/([\w-]{20})">Done/.exec(made.text) ?? [];
    for (const { text } of [made, await open('/users'), await open(`/users/${id}`)]) {
      assert.match(text, /&quot;&#39;&gt;&lt;script&gt;/);
      assert.doesNotMatch(text, /<script>/);
    }
  }));

test('the pages are for administrators, and what they do for fresh ones', () =>
  inOffice(async (world, { open, send }) => {
    const bob = await makePersonWithCode(world);
    const { open: peek, send: poke } = await officeOf(world, bob);
    const alice = await makePerson(world);
    for (const path of ['/users', `/users/${alice.id}`, '/service-tokens'])
      assert.equal((await peek(path)).status, 403);
    assert.equal((await poke(`/users/${alice.id}/disable`)).status, 403);
    assert.equal((await world.call('GET', '/admin/users')).headers['location'], '/sign-in?return_to=%2Fadmin%2Fusers');

    world.turn(10 * minute);
    assert.equal((await open('/users')).status, 200);
    const page = `/admin/users/${alice.id}`;
    for (const [path, back] of [
      ['/users', '/admin/users'],
      [`/users/${alice.id}/disable`, page],
      [`/users/${alice.id}/rename`, page],
      [`/users/${alice.id}/password-link`, page],
      [`/users/${alice.id}/delete`, page],
      ['/service-tokens', '/admin/service-tokens'],
      ['/service-tokens/x/revoke', '/admin/service-tokens'],
    ] as const) {
      const { status, headers } = await send(path);
      assert.deepEqual([status, headers['location']], [303, `/reauthenticate?return_to=${encodeURIComponent(back)}`]);
    }
    await tokenOf(world, alice);
  }));

test('no other site can press these buttons', () =>
  inOffice(async (world, { token }) => {
    const alice = await makePerson(world);
    const headers = { cookie: `countersign=${token}`, 'sec-fetch-site': 'cross-site' };
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    for (const verb of ['disable', 'delete', 'make-administrator'])
      assert.equal(
        (await world.call('POST', `/admin/users/${alice.id}/${verb}`, { headers: { ...headers, ...type } })).status,
        403,
      );
    assert.equal((await world.server.users.find('alice'))?.disabled, false);
  }));

test('the pages hold no secret of a user', () =>
  inOffice(async (world, { open }) => {
    const bob = await makePersonWithCode(world);
    world.turn(day);
    const pages = [await open('/users'), await open(`/users/${bob.id}`)].map(({ text }) => text).join();
    for (const secret of [bob.password, ...(bob.recoveryCodes ?? []), bob.secret?.toString('hex') ?? ''])
      assert.equal(pages.includes(secret), false);
  }));
