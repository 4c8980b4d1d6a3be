/** What a person does for the own account, in both colour schemes, on a small screen and on a wide one. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { minute } from '../../src/clock.ts';
import { codeAt, freshCode, makePerson, makePersonWithCode, type Person, wrongCode } from '../server.ts';
import {
  enter,
  type Hand,
  looks,
  nextCode,
  openPlace,
  type Place,
  saveCodes,
  scan,
  signIn,
  tryToSignIn,
} from './steps.ts';

let place: Place;

before(async () => {
  place = await openPlace();
});

after(() => place?.close());

for (const { name: look, options } of looks) {
  /** A story of somebody without, or with, an authenticator. */
  const story = (sentence: string, withCode: boolean, run: (hand: Hand, person: Person) => Promise<void>): void => {
    test(`${sentence} (${look})`, async () => {
      const name = `${sentence.split(' ')[0]}-${look}`;
      const person = await (withCode ? makePersonWithCode : makePerson)(place.world, name);
      const hand = await enter(place, options);
      await run(hand, person);
      await hand.close();
    });
  };

  story('alice signs in with a password on the way to a page, and out again', false, async (hand, alice) => {
    await hand.open('/account/sessions');
    assert.equal(new URL(hand.page.url()).pathname, '/sign-in');
    await hand.send({ username: alice.name, password: 'not the password' });
    await hand.says('alert', /do not match/);
    assert.equal(await hand.page.getByLabel('Name').inputValue(), alice.name);
    assert.equal(await hand.page.getByLabel('Password', { exact: true }).inputValue(), '');
    await hand.send({ password: alice.password });
    await hand.at('Where you are signed in');
    await hand.open('/account');
    assert.match(await hand.text(), new RegExp(`You are signed in as ${alice.name}`));
    await hand.signOut();
    const kept = (await hand.page.context().cookies()).map((cookie) => cookie.name);
    const opensNothing = ['countersign-browser', 'countersign-passkey'];
    assert.deepEqual(kept.sort(), opensNothing, 'what it is known by, and what it was asked');
    await hand.open('/account');
    await hand.at('Sign in');
  });

  story('bob sets up an authenticator with a phone, and signs in with it and without it', false, async (hand, bob) => {
    await signIn(place, hand, bob);
    await hand.follow('Set up an authenticator app');
    await hand.at('Set up your authenticator app');
    const { secret, label } = await scan(hand);
    assert.equal(label, `Countersign:${bob.name}`);
    const shown = await hand.page.locator('#secret').innerText();
    await hand.send({ otp: wrongCode(place.world, secret) });
    await hand.says('alert', /not right/);
    assert.equal(await hand.page.locator('#secret').innerText(), shown);
    const spent = codeAt(secret, place.world.now());
    await hand.send({ otp: spent });
    const codes = await saveCodes(hand);
    await hand.at('Your account');
    await hand.says('status', /is confirmed/);
    assert.match(await hand.text(), /Your recovery codes are the way back/);
    await hand.signOut();

    await hand.send({ username: bob.name, password: bob.password });
    await hand.at('Enter your code');
    await hand.send({ otp: spent });
    await hand.says('alert', /used already/);
    await hand.send({ otp: freshCode(place.world, secret) });
    await hand.at('Your account');
    await hand.signOut();

    await hand.send({ username: bob.name, password: bob.password });
    await hand.follow('Use a recovery code');
    await hand.at('Use a recovery code');
    await hand.send({ recovery_code: (codes[0] ?? '').toLowerCase().replaceAll('-', ' ') });
    await hand.at('Your account');
    await hand.says('status', /with a recovery code: 9 left/);
  });

  story('carol proves again that it is her, and is where she was: new recovery codes', true, async (hand, carol) => {
    await signIn(place, hand, carol);
    place.world.turn(11 * minute);
    await hand.open('/account/recovery-codes');
    assert.match(await hand.text(), /You have 10 recovery codes left/);
    await hand.press('Make new recovery codes');
    await hand.at('Confirm that it is you');
    await hand.send({ password: 'not the password', otp: nextCode(place, carol) });
    await hand.says('alert', /./);
    await hand.send({ password: carol.password, otp: nextCode(place, carol) });
    await hand.at('Recovery codes');
    await hand.press('Make new recovery codes');
    const codes = await saveCodes(hand);
    await hand.at('Your account');
    await hand.says('status', /new recovery codes/);
    assert.equal(await tryToSignIn(place, carol, { recovery_code: carol.recoveryCodes?.[0] ?? '' }), 401);
    assert.equal(await tryToSignIn(place, carol, { recovery_code: codes[0] ?? '' }), 200);
  });

  story('dora moves to another phone, and the old one works until the new one does', true, async (hand, dora) => {
    await signIn(place, hand, dora);
    await hand.open('/account/authenticator');
    await hand.at('Your authenticator app');
    await hand.press('Move to another phone');
    await hand.at('Move to another phone');
    const { secret } = await scan(hand);
    assert.notDeepEqual(secret, dora.secret);
    assert.equal(await tryToSignIn(place, dora, { otp: nextCode(place, dora) }), 200);
    await hand.send({ otp: codeAt(secret, place.world.now()) });
    await saveCodes(hand);
    await hand.at('Your account');
    assert.equal(await tryToSignIn(place, dora, { otp: nextCode(place, dora) }), 401);
    assert.equal(await tryToSignIn(place, dora, { otp: freshCode(place.world, secret) }), 200);
  });

  story('erin changes her password, after two that will not do', false, async (hand, erin) => {
    const next = 'another horse, another staple';
    await signIn(place, hand, erin);
    await hand.open('/account/password');
    await hand.send({ current: 'not the password', new: next });
    await hand.says('alert', /./);
    assert.equal(await hand.page.getByLabel('Current password', { exact: true }).getAttribute('aria-invalid'), 'true');
    await hand.send({ current: erin.password, new: 'countersign 2026!' });
    await hand.says('alert', /Add more than your name/);
    assert.equal(await hand.page.getByLabel('New password', { exact: true }).getAttribute('aria-invalid'), 'true');
    await hand.send({ current: erin.password, new: next });
    await hand.at('Your account');
    await hand.says('status', /password is changed/);
    await hand.signOut();
    await hand.send({ username: erin.name, password: erin.password });
    await hand.says('alert', /do not match/);
    await signIn(place, hand, { ...erin, password: next });
  });

  story('frank ends his session in another browser, and then all the others', false, async (hand, frank) => {
    await signIn(place, hand, frank);
    const elsewhere = await enter(place, { userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Firefox/145.0' });
    place.world.turn(minute);
    await signIn(place, elsewhere, frank);
    await hand.open('/account/sessions');
    assert.deepEqual(await hand.page.locator('main .cards h2').allInnerTexts(), [
      'Firefox on Linux',
      'Chrome on Linux This browser',
    ]);
    const sessions = await hand.page.locator('main .cards').first().innerText();
    assert.equal(sessions.match(/127\.0\.0\.1/g)?.length, 2);
    await hand.press(/^Sign out Firefox on Linux/);
    await hand.says('status', /That session has ended/);
    assert.deepEqual(await hand.page.locator('main .cards h2').allInnerTexts(), ['Chrome on Linux This browser']);
    await elsewhere.open('/account');
    await elsewhere.at('Sign in');

    await signIn(place, elsewhere, frank);
    await tryToSignIn(place, frank);
    await hand.open('/account/sessions');
    assert.equal(await hand.page.locator('main .cards h2').count(), 3);
    await hand.press('Sign out everywhere else');
    await hand.says('status', /signed out everywhere else/);
    assert.equal(await hand.page.locator('main .cards h2').count(), 1);
    await elsewhere.open('/account');
    await elsewhere.at('Sign in');
    await elsewhere.close();
  });

  story('grace reads what has happened to her account', true, async (hand, grace) => {
    await tryToSignIn(place, { ...grace, basic: `${grace.name}:not the password` });
    await signIn(place, hand, grace);
    await hand.follow('All activity');
    await hand.at('Activity');
    const rows = await hand.page.locator('main tbody tr td:nth-child(2)').allInnerTexts();
    assert.deepEqual(
      ['Signed in. This session', 'Sign-in refused: wrong password.'].filter((row) => !rows.includes(row)),
      [],
    );
    const times = hand.page.locator('main tbody time');
    assert.equal(await times.count(), rows.length);
    const newest = new Date((await times.first().getAttribute('datetime')) ?? '').getTime();
    assert.equal(newest, place.world.now());
  });
}
