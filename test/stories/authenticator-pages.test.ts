import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../src/clock.ts';
import { qrPng } from '../../src/totp/qr.ts';
import { codeAt, makePerson, makePersonWithCode, signIn, wrongCode } from '../server.ts';
import { dump } from '../tables.ts';
import { elements } from '../visitor/markup.ts';
import type { Visitor } from '../visitor.ts';
import { assertMistake, codesOn, enter, keyOn, onPages, unchanged, wrongFields } from './account-steps.ts';
import { isAlive, recoveryCodeOf, tokenOf, tryToSignIn } from './steps.ts';

const url = '/account/authenticator';
/** What the overview says now. */
const factors = async (visitor: Visitor): Promise<string> => (await visitor.open('/account')).page.text;

test('the page shows the QR code, its key in groups, everything about it, and the server’s clock', () =>
  onPages(
    async (world) => {
      const visitor = await (await enter(world, await makePerson(world))).open(url);
      const { page } = visitor;
      assert.equal(page.h1, 'Set up your authenticator app');
      const uri = `otpauth://totp/Tea%20%26%20%3CCo%3E:alice?secret=KEY&issuer=Tea%20%26%20%3CCo%3E`;
      const link = page.links.find(({ href }) => href.startsWith('otpauth:'))?.href;
      const key = elements(page.document, ({ attributes }) => attributes['data-copy'] === 'secret')[0];
      assert.equal(link, uri.replace('KEY', key?.attributes['data-text'] ?? ''));
      assert.match(visitor.text, /<p class="touch-only buttons"><a class="button" href="otpauth:/);
      const escaped = link?.replaceAll('&', '&amp;');
      assert.ok(visitor.text.includes(`href="apple-${escaped}" data-apple hidden>Set up in Apple Passwords<`));
      assert.equal(keyOn(visitor).length, 20);
      const [image] = elements(page.document, ({ name }) => name === 'img');
      assert.equal(image?.attributes['alt'], 'QR code for setting up an authenticator app');
      assert.match(image.attributes['src'] ?? '', /^data:image\/png;base64,iVBORw0KGgo/);
      assert.ok(Number(image.attributes['width']) >= 200);
      for (const setting of ['Account alice', 'Issuer Tea & <Co>', 'TOTP', 'SHA-1', 'Digits 6', '30 seconds'])
        assert.ok(page.text.includes(setting), setting);
      assert.match(visitor.text, /data-server-clock datetime="2026-11-22T12:00:10\.000Z"/);
      assert.match(page.text, /Time of the server: 22 Nov 2026, 12:00:10 UTC/);
      assert.match(
        page.text,
        /Nothing is in force before you have entered a right code\. Then every other session ends\./,
      );
      assert.equal(visitor.headers['cache-control'], 'no-store');
    },
    { issuer: 'Tea & <Co>' },
  ));

test('the picture holds the same address as the link', () =>
  onPages(async (world) => {
    const visitor = await (await enter(world, await makePerson(world))).open(url);
    const link = visitor.page.links.find(({ href }) => href.startsWith('otpauth:'))?.href ?? '';
    assert.ok(visitor.text.includes(`src="data:image/png;base64,${qrPng(link).toString('base64')}"`));
  }));

test('reloading shows the same secret, and leaving changes nothing about signing in', () =>
  onPages(async (world) => {
    const alice = await makePerson(world);
    const visitor = await (await enter(world, alice)).open(url);
    const secret = keyOn(visitor);
    await unchanged(world, () => visitor.open(url));
    assert.deepEqual(keyOn(visitor), secret);
    assert.match(await factors(visitor), /Authenticator app None/);
    assert.equal((await enter(world, alice)).path, '/account');
    await tokenOf(world, alice);
  }));

test('a right code puts it in force and shows the recovery codes, this once; the other sessions end', () =>
  onPages(async (world) => {
    const alice = await makePerson(world);
    const other = await signIn(world, alice);
    const visitor = await (await enter(world, alice)).open(url);
    const secret = keyOn(visitor);
    const code = codeAt(secret, world.now());
    await visitor.submit({ otp: ` ${code.slice(0, 3)} ${code.slice(3)} ` });
    assert.deepEqual([visitor.status, visitor.url, visitor.headers['cache-control']], [200, url, 'no-store']);
    const recoveryCodes = codesOn(visitor);
    await visitor.submit();
    assert.equal(visitor.url, '/account?done=authenticator');
    assert.match(visitor.page.status, /^Your authenticator app is confirmed/);
    assert.match(visitor.page.text, /Authenticator app In force Recovery codes left 10 /);
    assert.equal(await isAlive(world, other), false);
    assert.deepEqual((await tryToSignIn(world, alice)).body.status, 1);
    await signIn(world, { ...alice, secret });
    await tokenOf(world, alice, { recovery_code: recoveryCodes[0] ?? '' });
  }));

test('a wrong code is a mistake that can be mended: the same secret still waits, and nothing is in force', () =>
  onPages(async (world) => {
    const alice = await makePerson(world);
    const visitor = await (await enter(world, alice)).open(url);
    const secret = keyOn(visitor);
    await unchanged(world, async () => {
      for (const otp of [wrongCode(world, secret), '', 'not a code', '<b>1</b>']) {
        await visitor.submit({ otp });
        assertMistake(visitor, 422, /^That code is not right\. Take the one that the app shows now\.$/);
        assert.deepEqual(wrongFields(visitor), ['otp']);
        assert.deepEqual(keyOn(visitor), secret);
      }
    });
    assert.match(await factors(visitor), /Authenticator app None/);
    await visitor.open(url);
    await visitor.submit({ otp: wrongCode(world, secret) });
    await visitor.submit({ otp: codeAt(secret, world.now()) });
    assertMistake(visitor, 429, /try again in 30 seconds/);
    assert.equal(visitor.headers['retry-after'], '30');
    assert.deepEqual(keyOn(visitor), secret);
    world.turn(minute / 2);
    await visitor.submit({ otp: codeAt(secret, world.now()) });
    codesOn(visitor);
  }));

test('a code for a QR code that is over is told so, and a new one is shown', () =>
  onPages(async (world) => {
    const alice = await makePerson(world);
    const token = await signIn(world, alice);
    const cookie = { cookie: `countersign=${token}` };
    await world.call('GET', url, { headers: cookie });
    const [{ id: before } = { id: undefined }] = dump(world)['pending_authenticators'] ?? [];
    world.turn(5 * minute);
    const { body } = await world.call('POST', '/auth/reauthenticate', { token, body: { password: alice.password } });
    world.turn(5 * minute);
    const headers = { cookie: `countersign=${body.token}` };
    const answer = await world.call('POST', url, { headers, form: { otp: '123456' } });
    assert.equal(answer.status, 409);
    assert.match(answer.text, /role="alert"[^>]*>The QR code was older than ten minutes, so this is a new one/);
    const [{ id: after } = { id: undefined }] = dump(world)['pending_authenticators'] ?? [];
    assert.ok(before !== undefined && after !== undefined && before !== after);
  }));

test('the key of one in force is never shown; moving to another phone leaves it working until the new one is confirmed', () =>
  onPages(async (world) => {
    const bob = await makePersonWithCode(world);
    const visitor = await (await enter(world, bob)).open(url);
    assert.deepEqual([visitor.status, visitor.page.h1], [200, 'Your authenticator app']);
    assert.match(visitor.page.text, /in force since 22 Nov 2026, 12:00 UTC/);
    assert.doesNotMatch(visitor.text, /otpauth|data-copy|<img/);

    await visitor.submit({}, { form: /replace$/ });
    await visitor.open(url);
    assert.equal(visitor.page.h1, 'Move to another phone');
    assert.match(visitor.page.text, /the authenticator that you have now works as before/);
    const secret = keyOn(visitor);
    assert.notDeepEqual(secret, bob.secret);
    await signIn(world, bob);
    await visitor.submit({ otp: wrongCode(world, secret) });
    assertMistake(visitor, 422, /not right/);
    assert.deepEqual(keyOn(visitor), secret);
    await signIn(world, bob);
    await visitor.submit({ otp: codeAt(secret, world.now()) });
    const codes = codesOn(visitor);
    await visitor.submit();
    assert.equal(visitor.url, '/account?done=replaced');
    assert.match(visitor.page.status, /^Your new authenticator is in force\. The one before no longer works/);
    await signIn(world, { ...bob, secret });
    await assert.rejects(signIn(world, bob));
    await tokenOf(world, bob, { recovery_code: codes[9] ?? '' });
    await assert.rejects(tokenOf(world, bob, recoveryCodeOf(bob)));
  }));

test('a move that was begun is given up by a button: the one in force stays, and the new key is void', () =>
  onPages(async (world) => {
    const bob = await makePersonWithCode(world);
    const visitor = await (await enter(world, bob)).open(url);
    await visitor.submit({}, { form: /replace$/ });
    const secret = keyOn(visitor);
    await visitor.submit({}, { form: /keep$/ });
    assert.deepEqual([visitor.path, visitor.page.h1], [url, 'Your authenticator app']);
    assert.deepEqual(dump(world)['pending_authenticators'], []);
    await visitor.post(url, { otp: codeAt(secret, world.now()) });
    assertMistake(visitor, 409, /no other one waits for a code/);
    await signIn(world, bob);
    await unchanged(world, () => visitor.post(`${url}/keep`, {}));
    assert.equal(visitor.path, url, 'with nothing to give up it does nothing');
  }));

test('the secret that a first authenticator waits with is not given up so', () =>
  onPages(async (world) => {
    const visitor = await (await enter(world, await makePerson(world))).open(url);
    const secret = keyOn(visitor);
    assert.ok(!visitor.page.forms.some(({ action }) => action === `${url}/keep`));
    await unchanged(world, () => visitor.post(`${url}/keep`, {}));
    assert.deepEqual(keyOn(visitor), secret);
  }));

test('leaving the move half done leaves everything as it was, and a late code says so', () =>
  onPages(async (world) => {
    const bob = await makePersonWithCode(world);
    const visitor = await (await enter(world, bob)).open(url);
    await visitor.submit({}, { form: /replace$/ });
    const secret = keyOn(visitor);
    world.turn(5 * minute);
    const again = await enter(world, bob);
    assert.equal((await again.open(url)).page.h1, 'Your authenticator app');
    await again.post(url, { otp: codeAt(secret, world.now()) });
    assertMistake(again, 409, /^Your authenticator app is in force, and no other one waits for a code\./);
    assert.equal(again.page.h1, 'Your authenticator app');
    assert.match(await factors(again), /In force Recovery codes left 10 /);
  }));

test('the second factor is switched off where policy allows it', () =>
  onPages(async (world) => {
    const bob = await makePersonWithCode(world);
    const other = await signIn(world, bob);
    const visitor = await (await enter(world, bob)).open(url);
    await visitor.submit({}, { form: /off$/ });
    assert.equal(visitor.url, '/account?done=authenticator-off');
    assert.match(visitor.page.status, /^The second factor is off/);
    assert.match(visitor.page.text, /Authenticator app None Recovery codes left 0 /);
    assert.equal(await isAlive(world, other), false);
    await tokenOf(world, bob);
  }));

test('where policy demands one it cannot be switched off, by no form', () =>
  onPages(async (world) => {
    const root = await makePersonWithCode(world, 'root', true);
    const visitor = await (await enter(world, root)).open(url);
    assert.match(visitor.page.text, /This account must have a second factor, so it cannot be switched off\./);
    assert.deepEqual(
      visitor.page.forms.filter(({ inMain }) => inMain).map(({ action }) => action),
      [`${url}/replace`],
    );
    await unchanged(world, () => visitor.post(`${url}/off`, {}));
    assertMistake(visitor, 409, /cannot be without one/);
  }));
