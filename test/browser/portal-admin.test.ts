/** How people come to their accounts, and what an administrator does for them; in both colour schemes, small and wide. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { codeAt, makePersonWithCode, type Person } from '../server.ts';
import { enter, type Hand, looks, openPlace, type Place, saveCodes, scan, signIn } from './steps.ts';

const password = 'four unrelated plain words';

let place: Place;

before(async () => {
  place = await openPlace();
});

after(() => place?.close());

for (const { name: look, options } of looks) {
  test(`the first administrator comes by a link, and is taken through setting up an authenticator (${look})`, async () => {
    const empty = await openPlace({ browser: place.browser });
    try {
      const hand = await enter(empty, options);
      await hand.open((await empty.world.server.service.setup.makeLink()) ?? '');
      await hand.at('Set up Countersign');
      await hand.send({ name: 'founder', password });
      await hand.at('Countersign is set up');
      await hand.follow('Sign in');
      await hand.send({ username: 'founder', password });
      await hand.at('Set up your authenticator app');
      for (const path of ['/', '/account', '/admin/users']) {
        await hand.open(path);
        await hand.at('Set up your authenticator app');
        assert.equal(await hand.page.locator('header nav').count(), 0);
      }
      await hand.send({ otp: codeAt((await scan(hand)).secret, empty.world.now()) });
      await saveCodes(hand);
      await hand.at('Users');
      await hand.open('/account');
      await hand.at('Your account');
      await hand.close();
    } finally {
      await empty.close();
    }
  });

  test(`an invited person chooses a password by a link that works once (${look})`, async () => {
    const ivy = person(`ivy-${look}`);
    const { link = '' } = await place.world.server.users.create({ name: ivy.name });
    const hand = await enter(place, options);
    await hand.open(link);
    await hand.at('Choose how you sign in');
    await hand.send({ password: 'countersign 2026!' });
    await hand.says('alert', /Add more than your name/);
    await hand.send({ password });
    await hand.at('Your password is set');
    await hand.follow('Sign in');
    await hand.send({ username: ivy.name, password });
    await hand.at('Your account');
    await hand.open(link);
    await hand.at('This link does not work any more');
    await hand.close();
  });

  test(`an administrator creates a user, who chooses a password; then disables, enables and renews it (${look})`, async () => {
    const { hand } = await office(options, `root-${look}`);
    const judith = person(`judith-${look}`);
    await hand.open('/admin/users');
    await hand.send({ name: judith.name }, 'Create the user');
    await hand.at(`${judith.name} is created`);
    const theirs = await enter(place, options);
    await choosePassword(theirs, await hand.page.locator('#link').innerText());
    await signIn(place, theirs, judith);

    await hand.follow('Done');
    await hand.at(judith.name);
    await change(hand, 'Disable', `Disable ${judith.name}`);
    await hand.says('status', /is disabled/);
    await theirs.open('/account');
    await theirs.at('Sign in');
    await theirs.send({ username: judith.name, password });
    await theirs.says('alert', /do not match/);
    await change(hand, 'Enable', `Enable ${judith.name}`);
    await hand.says('status', /is enabled/);
    await signIn(place, theirs, judith);

    await change(hand, 'Force a new password', 'Cancel the password and make a link');
    await hand.at(`New password for ${judith.name}`);
    const link = await hand.page.locator('#link').innerText();
    await theirs.open('/account');
    await theirs.send({ username: judith.name, password });
    await theirs.says('alert', /do not match/);
    await choosePassword(theirs, link, 'five other unrelated plain words');
    await signIn(place, theirs, { ...judith, password: 'five other unrelated plain words' });
    await theirs.close();
    await hand.close();
  });

  test(`an administrator takes away a second factor that was lost (${look})`, async () => {
    const { hand } = await office(options, `rita-${look}`);
    const bob = await makePersonWithCode(place.world, `bob-${look}`);
    await hand.open('/admin/users');
    await hand.send({ q: bob.name });
    await hand.follow(bob.name);
    await change(hand, 'Reset second factors', 'Take the second factors away');
    await hand.says('status', /no second factor any more/);
    const theirs = await enter(place, options);
    const { secret: _, ...without } = bob;
    await signIn(place, theirs, without);
    assert.match(await theirs.text(), /second factors and recovery codes were taken away by an administrator/);
    await theirs.close();
    await hand.close();
  });

  test(`a service token made on the page lets a program in, until it is revoked (${look})`, async () => {
    const { hand } = await office(options, `ruth-${look}`);
    await hand.open('/admin/service-tokens');
    await hand.send({ name: `Payroll ${look}`, days: '30' });
    await hand.at(`Token for Payroll ${look}`);
    const token = await hand.page.locator('#token').innerText();
    const listUsers = async () => (await place.world.call('GET', '/users', { token })).status;
    assert.equal(await listUsers(), 200);
    await hand.follow('Done');
    const row = hand.page.locator('main tbody tr').filter({ hasText: `Payroll ${look}` });
    assert.equal(await row.locator('time').count(), 3, 'created, expires, last used');
    await row.locator('summary').click();
    await hand.press(`Revoke Payroll ${look}`);
    await hand.says('status', /revoked/);
    assert.equal(await listUsers(), 401);
    await hand.close();
  });
}

/** An administrator who has just signed in. */
async function office(options: (typeof looks)[number]['options'], name: string): Promise<{ hand: Hand; root: Person }> {
  const root = await makePersonWithCode(place.world, name, true);
  const hand = await enter(place, options);
  await signIn(place, hand, root);
  return { hand, root };
}

/** Somebody who will have the password of these tests. */
function person(name: string): Person {
  return { id: '', name, password, basic: `${name}:${password}` };
}

async function choosePassword(hand: Hand, link: string, chosen = password): Promise<void> {
  await hand.open(link);
  await hand.send({ password: chosen });
  await hand.at('Your password is set');
}

/** Opens what says what a change will do, and presses the button that is in it. */
async function change(hand: Hand, title: string, button: string): Promise<void> {
  await hand.page.locator('main summary', { hasText: title }).click();
  await hand.press(button);
}
