/** A browser that has signed in before: its owner stays in while somebody fails on the name, and may have it forgotten. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { makePersonWithCode } from '../server.ts';
import { enter, looks, nextCode, openPlace, type Place, signIn, tryToSignIn } from './steps.ts';

let place: Place;

before(async () => {
  place = await openPlace();
});

after(() => place?.close());

for (const { name: look, options } of looks) {
  test(`the owner signs in where he has signed in before, is asked for the code, and has it forgotten (${look})`, async () => {
    const bob = await makePersonWithCode(place.world, `bob-${look}`);
    const hand = await enter(place, options);
    await signIn(place, hand, bob);
    await hand.signOut();
    const wrong = { ...bob, basic: `${bob.name}:wrong` };
    const seen = [];
    for (let tries = 0; tries < 6; tries += 1) seen.push(await tryToSignIn(place, wrong));
    assert.deepEqual(seen, [401, 401, 401, 401, 401, 429]);
    const stranger = await enter(place, options);
    await stranger.open('/sign-in');
    await stranger.send({ username: bob.name, password: bob.password });
    await stranger.says('alert', /Too many/);
    await stranger.close();

    await hand.open('/sign-in');
    await hand.send({ username: bob.name, password: bob.password });
    await hand.send({ otp: nextCode(place, bob) });
    await hand.at('Your account');
    await hand.open('/account/sessions');
    await hand.at('Where you are signed in');
    assert.match(await hand.text(), /Browsers that know you/);
    await hand.press(/^Forget /);
    await hand.says('status', /That browser is forgotten\./);
    assert.doesNotMatch(await hand.text(), /Browsers that know you/);
    await hand.close();
  });
}
