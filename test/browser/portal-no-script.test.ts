/** Everything that a person needs, in a browser that runs no scripts. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { codeAt, makePerson, wrongCode } from '../server.ts';
import { enter, looks, nextCode, openPlace, type Place, saveCodes, scan, tryToSignIn } from './steps.ts';

let place: Place;

before(async () => {
  place = await openPlace();
});

after(() => place?.close());

for (const { name: look, options } of looks) {
  test(`without scripts: password, enrolment, code, recovery code, sessions, sign-out (${look})`, async () => {
    const alice = await makePerson(place.world, `alice-${look}`);
    const signIn = { username: alice.name, password: alice.password };
    const hand = await enter(place, { ...options, javaScriptEnabled: false });
    const scripts: string[] = [];
    hand.page.on('request', (request) => void (request.resourceType() === 'script' && scripts.push(request.url())));
    await hand.open('/');
    await hand.at('Sign in');
    await hand.send({ ...signIn, password: 'not the password' });
    await hand.says('alert', /do not match/);
    await hand.send({ password: alice.password });
    await hand.at('Your account');

    await hand.follow('Set up an authenticator app');
    const { secret } = await scan(hand);
    assert.equal(await hand.page.locator('main button:visible').count(), 1, 'no button that would do nothing');
    await hand.send({ otp: wrongCode(place.world, secret) });
    await hand.says('alert', /not right/);
    await hand.send({ otp: codeAt(secret, place.world.now()) });
    const codes = await saveCodes(hand);
    await hand.at('Your account');
    await hand.signOut();

    await hand.send(signIn);
    await hand.at('Enter your code');
    await hand.send({ otp: nextCode(place, { ...alice, secret }) });
    await hand.at('Your account');
    await tryToSignIn(place, alice, { otp: nextCode(place, { ...alice, secret }) });
    await hand.open('/account/sessions');
    assert.equal(await hand.page.locator('main .cards h2').count(), 2);
    await hand.press('Sign out everywhere else');
    await hand.says('status', /signed out everywhere else/);
    await hand.signOut();

    await hand.send(signIn);
    await hand.follow('Use a recovery code');
    await hand.send({ recovery_code: codes[0] ?? '' });
    await hand.at('Your account');
    await hand.says('status', /9 left/);
    await hand.signOut();
    assert.deepEqual(scripts, []);
    await hand.close();
  });
}
