import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, minute } from '../../src/clock.ts';
import { makePerson, makePersonWithCode, signIn } from '../server.ts';
import { elements, textOf } from '../visitor/markup.ts';
import { type Visitor, visit } from '../visitor.ts';
import { assertMistake, codesOn, enter, next, onPages, primary, proveAgain, unchanged } from './account-steps.ts';
import { enable, recoveryCodeOf, tokenOf } from './steps.ts';

/** What the overview says that somebody else has done. */
const announced = ({ page }: Visitor): string[] =>
  elements(page.document, ({ attributes }) => attributes['class'] === 'warning').map(textOf);

test('a stranger is led to the sign-in, and from there to the page that was asked for', () =>
  onPages(async (world) => {
    const alice = await makePerson(world);
    const visitor = await visit(world).open('/account/sessions');
    assert.equal(visitor.url, '/sign-in?return_to=%2Faccount%2Fsessions');
    await visitor.submit({ username: 'alice', password: alice.password });
    assert.deepEqual([visitor.status, visitor.url], [200, '/account/sessions']);
  }));

test('the overview names the person, says what protects the account, and what to do next: nobody has a second factor yet', () =>
  onPages(async (world) => {
    const alice = await makePerson(world);
    await signIn(world, alice);
    const visitor = await enter(world, alice);
    assert.deepEqual([visitor.path, visitor.page.h1], ['/account', 'Your account']);
    assert.match(visitor.page.text, /signed in as alice\b/);
    assert.match(visitor.page.text, /Passkeys None Password Set Authenticator app None Recovery codes left 0\b/);
    assert.match(
      visitor.page.text,
      /This session ends 23 Nov 2026, 12:00 UTC Signed in elsewhere In 1 other session\b/,
    );
    assert.deepEqual(primary(visitor), ['/account/passkeys']);
    assert.ok(visitor.page.links.some(({ text }) => text === 'Set up an authenticator app'));
    assert.doesNotMatch(visitor.page.text, /Only|left\b.*Make new|lost with the phone/);
    const home = visitor.text;
    assert.equal((await visitor.open('/')).text, home);
  }));

test('an authenticator that was switched on and not confirmed asks to be confirmed', () =>
  onPages(async (world) => {
    const alice = await makePerson(world);
    const token = await signIn(world, alice);
    await enable(world, token);
    const answer = await world.call('GET', '/account', { headers: { cookie: `countersign=${token}` } });
    assert.match(answer.text, /Set up, not confirmed yet/);
    assert.match(answer.text, /class="button primary" href="\/account\/authenticator">Confirm/);
  }));

test('with an authenticator and enough codes the account is well protected; with three left there is something to do', () =>
  onPages(async (world) => {
    const bob = await makePersonWithCode(world);
    for (let index = 0; index < 6; index += 1) await tokenOf(world, bob, recoveryCodeOf(bob, index));
    const visitor = await enter(world, bob);
    assert.match(visitor.page.text, /well protected\. .*Authenticator app In force Recovery codes left 4 /);
    assert.match(visitor.page.text, /can be lost with the phone\. Your recovery codes are the way back/);
    assert.deepEqual(primary(visitor), []);
    await tokenOf(world, bob, recoveryCodeOf(bob, 6));
    await visitor.open('/account');
    assert.match(visitor.page.text, /Only 3 recovery codes left\./);
    assert.deepEqual(primary(visitor), ['/account/recovery-codes']);
    for (const index of [7, 8]) await tokenOf(world, bob, recoveryCodeOf(bob, index));
    assert.match((await visitor.open('/account')).page.text, /Only 1 recovery code left\./);
    await tokenOf(world, bob, recoveryCodeOf(bob, 9));
    assert.match((await visitor.open('/account')).page.text, /No recovery codes left\./);
  }));

test('signing in with a recovery code says how many are left, and what to do if the phone is gone', () =>
  onPages(async (world) => {
    const bob = await makePersonWithCode(world);
    const visitor = await visit(world).open('/sign-in');
    await visitor.submit({ username: 'bob', password: bob.password });
    await visitor.follow('Use a recovery code');
    await visitor.submit(recoveryCodeOf(bob));
    assert.equal(visitor.page.status, 'You signed in with a recovery code: 9 left.');
    assert.match(visitor.page.text, /Is your phone gone\? Then move the authenticator to another one\./);
    assert.match(visitor.text, /class="button primary" href="\/account\/authenticator">Move to another phone</);
    assert.deepEqual(primary(await enter(world, bob)), [], 'a code of the app says that the phone is there');
  }));

test('a notice is one of our own, whatever a link says', () =>
  onPages(async (world) => {
    const visitor = await enter(world, await makePerson(world));
    for (const done of ['', 'nothing', 'constructor', '<b>x</b>', 'x'.repeat(9000)]) {
      await visitor.open(`/account?done=${encodeURIComponent(done)}`);
      assert.deepEqual([visitor.status, visitor.page.status], [200, ''], done.slice(0, 20));
    }
  }));

test('a notice says only what is so, whatever word a link has', () =>
  onPages(async (world) => {
    const alice = await enter(world, await makePerson(world));
    const bob = await enter(world, await makePersonWithCode(world));
    const says = async (visitor: Visitor, done: string) =>
      (await visitor.open(`/account?done=${done}`)).page.status !== '';
    for (const done of ['authenticator', 'replaced', 'codes'])
      assert.deepEqual([done, await says(alice, done), await says(bob, done)], [done, false, true]);
    assert.deepEqual([await says(alice, 'authenticator-off'), await says(bob, 'authenticator-off')], [true, false]);
    for (const visitor of [alice, bob]) assert.equal(await says(visitor, 'recovery-code'), false);
  }));

test('whoever signs in to come back does not come back to a notice', () =>
  onPages(async (world) => {
    const stranger = visit(world);
    for (const [asked, back] of [
      ['/account?done=codes', '/account'],
      ['/account/sessions?done=ended&x=1', '/account/sessions?x=1'],
      ['/account?x=1&done=codes', '/account?x=1'],
    ] as const) {
      await stranger.open(asked);
      assert.equal(stranger.url, `/sign-in?return_to=${encodeURIComponent(back)}`);
    }
  }));

test('what somebody else did to the factors is announced for seven days, and what one did oneself is not', () =>
  onPages(async (world) => {
    const bob = await makePersonWithCode(world);
    const root = await makePersonWithCode(world, 'root', true);
    const visitor = await enter(world, bob);
    await visitor.open('/account/password');
    await visitor.submit({ current: bob.password, new: next });
    assert.deepEqual(announced(await visitor.open('/account')), []);

    const reset = { token: await signIn(world, root) };
    assert.equal((await world.call('DELETE', `/users/${bob.id}/second-factors`, reset)).status, 204);
    assert.equal((await visitor.open('/account')).path, '/sign-in');
    await visitor.submit({ username: 'bob', password: next });
    const [first = '', ...more] = announced(visitor);
    assert.match(first, /^Your second factors and recovery codes were taken away by an administrator\. 22 Nov/);
    assert.match(first, /If this is news to you, tell whoever runs Countersign\.$/);
    assert.deepEqual([more, visitor.page.status], [[], '']);
    assert.match(visitor.page.text, /Recent activity Signed in\. .* Your second factors/);

    const { secret: _, ...rest } = { ...bob, password: next };
    world.turn(7 * day);
    assert.equal(announced(await enter(world, rest)).length, 1);
    world.turn(1);
    assert.deepEqual(announced(await enter(world, rest)), []);
  }));

test('a password that was voided is announced to its owner; an invitation is no news to whoever follows it', () =>
  onPages(async (world) => {
    const { id, link = '' } = await world.server.users.create({ name: 'ivy' });
    const ivy = { id, name: 'ivy', password: next, basic: `ivy:${next}` };
    await (await visit(world).open(link)).submit({ password: next });
    assert.deepEqual(announced(await enter(world, ivy)), []);
    const { url = '' } = await world.server.service.admin.newPasswordLink('operator', id).then((made) => made.link);
    await (await visit(world).open(url)).submit({ password: next });
    const [said = ''] = announced(await enter(world, ivy));
    assert.match(said, /made by the operator; your old password no longer works\./);
  }));

test('recent activity is the newest five', () =>
  onPages(async (world) => {
    const alice = await makePerson(world);
    for (let index = 0; index < 4; index += 1) await signIn(world, alice);
    const visitor = await enter(world, alice);
    const [, recent = ''] = visitor.page.text.split('Recent activity');
    assert.equal(recent.match(/Signed in\./g)?.length, 4);
    assert.equal(recent.match(/A browser signed in for the first time/g)?.length, 1);
    assert.doesNotMatch(recent, /made by/);
    assert.equal((await visitor.follow('All activity')).path, '/account/activity');
  }));

test('what changes a factor asks for the proof again after ten minutes, and goes on from there', () =>
  onPages(async (world) => {
    const bob = await makePersonWithCode(world);
    const visitor = await (await enter(world, bob)).open('/account/recovery-codes');
    world.turn(10 * minute);
    await unchanged(world, () => visitor.submit());
    assert.equal(visitor.url, '/reauthenticate?return_to=%2Faccount%2Frecovery-codes');
    await proveAgain(world, visitor, bob);
    assert.equal(visitor.path, '/account/recovery-codes');
    await visitor.submit();
    codesOn(visitor);

    for (const path of ['/account/password', '/account/authenticator', '/account/passkeys']) {
      world.turn(10 * minute);
      await visitor.open(path);
      await proveAgain(world, visitor, bob);
      assert.deepEqual([visitor.status, visitor.path], [200, path]);
    }
    for (const verb of ['replace', 'keep', 'off']) {
      world.turn(10 * minute);
      await unchanged(world, () => visitor.post(`/account/authenticator/${verb}`, {}));
      assert.equal(visitor.url, '/reauthenticate?return_to=%2Faccount%2Fauthenticator');
    }
    for (const path of ['/account', '/account/sessions', '/account/recovery-codes']) {
      world.turn(10 * minute);
      assert.equal((await visitor.open(path)).path, path);
    }
  }));

test('who is no administrator is told so at the pages for administrators, and as whom', () =>
  onPages(async (world) => {
    const visitor = await enter(world, await makePerson(world));
    for (const path of ['/admin/users', '/admin/service-tokens', '/admin/activity']) {
      await visitor.open(path);
      assertMistake(visitor, 403, /^You are signed in as alice, who is no administrator\.$/);
    }
  }));

test('a form from another site does nothing', () =>
  onPages(async (world) => {
    const bob = await makePersonWithCode(world);
    const cookie = `countersign=${await signIn(world, bob)}`;
    const forms = {
      '/account/authenticator': { otp: '123456' },
      '/account/authenticator/replace': {},
      '/account/authenticator/keep': {},
      '/account/authenticator/off': {},
      '/account/passkeys': { name: 'x', credential: '{}' },
      '/account/passkeys/rename': { id: 'x', name: 'x' },
      '/account/passkeys/remove': { id: 'x' },
      '/account/recovery-codes': {},
      '/account/password': { current: bob.password, new: next },
      '/account/sessions/end': { id: 'x' },
      '/account/sessions/end-others': {},
    };
    for (const [path, form] of Object.entries(forms)) {
      await unchanged(world, async () => {
        const answer = await world.call('POST', path, { form, headers: { cookie, 'sec-fetch-site': 'cross-site' } });
        assert.equal(answer.status, 403, path);
      });
    }
  }));
