import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inQuickWorld } from '../quick-world.ts';
import { codeAt, freshCode, makePerson, makePersonWithCode, secretOf } from '../server.ts';
import { type Visitor, visit } from '../visitor.ts';
import { filledIn, givePassword, halfWay, kept, keptNames, secretIn, sessionsOf } from './in-a-browser.ts';
import { isAlive } from './steps.ts';

/** Where the pages of signing in lead, and from where. */

const wanted = '/account/activity?before=7&kind=sign-in';
const asQuery = `return_to=${encodeURIComponent(wanted)}`;

test('whoever wanted a page gets there: by the password, through a mistake too', () =>
  inQuickWorld(async (world) => {
    const alice = await makePerson(world);
    const visitor = await visit(world).open(wanted);
    assert.equal(visitor.url, `/sign-in?${asQuery}`);
    assert.equal(filledIn(visitor, 'return_to'), wanted);
    await visitor.submit({ username: 'alice', password: 'wrong' });
    assert.deepEqual([visitor.status, filledIn(visitor, 'return_to')], [422, wanted]);
    await visitor.submit({ password: alice.password });
    assert.deepEqual([visitor.status, visitor.url], [200, wanted]);
  }));

test('and by the code, with no page between carrying where to', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const visitor = await visit(world).open(wanted);
    await visitor.submit({ username: 'bob', password: bob.password });
    assert.equal(visitor.url, '/sign-in/code');
    await visitor.submit({ otp: '12345' });
    await visitor.submit({ otp: freshCode(world, secretIn(bob)) });
    assert.deepEqual([visitor.status, visitor.url], [200, wanted]);
    const plain = await halfWay(world, bob);
    await plain.submit({ otp: freshCode(world, secretIn(bob)) });
    assert.equal(plain.url, '/account', 'and another sign-in does not inherit it');
  }));

test('and by setting up the authenticator that is demanded first', () =>
  inQuickWorld(async (world) => {
    const erin = await makePerson(world, 'erin', true);
    const visitor = await visit(world).open('/admin/users?q=al');
    await visitor.submit({ username: 'erin', password: erin.password });
    assert.equal(visitor.url, `/account/authenticator?return_to=${encodeURIComponent('/admin/users?q=al')}`);
    const secret = await secretOf(world, kept(visitor, 'countersign') ?? '');
    await visitor.submit({ otp: '12345' });
    assert.equal(visitor.status, 422);
    await visitor.submit({ otp: codeAt(secret, world.now()) });
    assert.equal(visitor.page.h1, 'Save your recovery codes');
    await visitor.submit({}, { form: '/admin/users' });
    assert.deepEqual([visitor.status, visitor.url], [200, '/admin/users?q=al']);
  }));

test('who must set up an authenticator, or change a password, is led to that and kept at it', () =>
  inQuickWorld(async (world) => {
    const erin = await makePerson(world, 'erin', true);
    const enrolling = await givePassword(visit(world), erin);
    const short = { name: 'pat', password: 'kLm4+vQz' };
    const { id } = await world.server.users.create({ ...short, administrator: true });
    await world.server.service.admin.change('operator', id, { administrator: false });
    const changing = await givePassword(visit(world), short);
    for (const [visitor, to] of [
      [enrolling, '/account/authenticator'],
      [changing, '/account/password'],
    ] as const) {
      assert.deepEqual([visitor.status, visitor.url, keptNames(visitor)], [200, to, ['countersign']]);
      assert.equal(visitor.hops.length, 1, 'at once');
      for (const url of ['/', '/static/index.html', '/account', '/account/sessions', '/sign-in/code', '/admin/users'])
        assert.deepEqual([(await visitor.open(url)).status, visitor.path], [200, to], url);
    }
    await changing.open('/account/activity');
    assert.equal(changing.url, '/account/password?return_to=%2Faccount%2Factivity');
    await changing.submit({ current: short.password, new: 'four unrelated plain words' });
    assert.equal(changing.url, '/account/activity', 'and then on to where one wanted to go');
  }));

const showsForm = ({ status, page }: Visitor): boolean =>
  status === 200 && page.forms.some(({ action, inMain }) => action === '/sign-in' && inMain) && page.h1 === 'Sign in';

test('the sign-in page is the form, whoever opens it; the first page is, until one is signed in', () =>
  inQuickWorld(async (world) => {
    const alice = await makePerson(world);
    const bob = await makePersonWithCode(world);
    const stranger = visit(world);
    const half = await halfWay(world, bob);
    const member = await givePassword(visit(world), alice);
    for (const visitor of [stranger, half, member]) assert.ok(showsForm(await visitor.open('/sign-in')));
    for (const url of ['/', '/static/index.html']) {
      for (const visitor of [stranger, half]) assert.ok(showsForm(await visitor.open(url)), url);
      await member.open(url);
      assert.deepEqual([member.status, member.url, member.hops.length], [200, url, 0]);
      assert.match(member.page.text, /\balice\b/);
      assert.ok(!member.page.forms.some(({ action }) => action === '/sign-in'));
    }
    await half.open('/account');
    assert.equal(half.url, '/sign-in/code', 'and the account leads a half sign-in on');
    await member.open('/sign-in/recovery-code');
    assert.equal(member.url, '/account');
  }));

test('signing out is a form: following a link ends nothing, sending it ends the session and says so', () =>
  inQuickWorld(async (world) => {
    const alice = await makePerson(world);
    const visitor = await givePassword(visit(world), alice);
    const other = await givePassword(visit(world), alice);
    const token = kept(visitor, 'countersign') ?? '';
    await visitor.open('/sign-out');
    assert.deepEqual([visitor.status, visitor.page.h1], [200, 'Sign out?']);
    assert.equal(await isAlive(world, token), true);
    await visitor.submit();
    assert.deepEqual([visitor.status, visitor.url], [200, '/sign-in?done=signed-out']);
    assert.equal(visitor.page.status, 'You are signed out.');
    assert.deepEqual(keptNames(visitor), ['countersign-browser'], 'who signs out is not forgotten');
    assert.equal(await isAlive(world, token), false);
    await visitor.open('/account');
    assert.equal(visitor.path, '/sign-in');
    assert.equal((await other.open('/account')).path, '/account', 'other browsers stay signed in');
    await other.submit({}, { form: '/sign-out' });
    assert.deepEqual([other.url, sessionsOf(world, alice)], ['/sign-in?done=signed-out', 0]);
    await other.post('/sign-out', {});
    assert.equal(other.url, '/sign-in?done=signed-out', 'and once more is no mistake');
  }));

test('what may be shown after a redirect is written in the program, whatever the address says', () =>
  inQuickWorld(async (world) => {
    for (const done of ['constructor', '__proto__', 'toString', 'nonsense', '<b>x</b>', 'x'.repeat(300)]) {
      const visitor = await visit(world).open(`/sign-in?done=${encodeURIComponent(done)}`);
      assert.deepEqual([visitor.status, visitor.page.status], [200, ''], done);
    }
    const twice = await visit(world).open('/sign-in?done=expired&return_to=/account');
    assert.notEqual(twice.page.status, '');
    assert.equal(filledIn(twice, 'return_to'), '/account');
  }));
