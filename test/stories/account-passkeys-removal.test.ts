/** A person's own page about passkeys: removing one, and what is said before. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../src/clock.ts';
import { softwareAuthenticator } from '../authenticator.ts';
import { addPasskey, makePersonWithPasskey, signInWithPasskey, tokenByPasskey } from '../passkeys.ts';
import { makePerson, makePersonWithCode } from '../server.ts';
import { alter, dump, stored } from '../tables.ts';
import { assertMistake, codesOn, enter, onPages, primary, unchanged } from './account-steps.ts';
import { kept } from './in-a-browser.ts';
import { cardsOn, enterByPasskey, invited, passkeyIds, signalOn, usePasskey, warningOn } from './passkey-form.ts';
import { isAlive, tokenOf, tryToSignIn } from './steps.ts';

const url = '/account/passkeys';

test('one of several goes with every other session, and the browser is told which are left', () =>
  onPages(async (world) => {
    const carol = await makePersonWithPasskey(world);
    const spare = softwareAuthenticator();
    const token = await tokenByPasskey(world, carol.device);
    world.turn(minute);
    await addPasskey(world, token, spare, { name: 'Spare' });
    const other = await tokenByPasskey(world, spare);
    const visitor = await (await enterByPasskey(world, carol.device)).open(url);
    const ids = [...carol.device.held, ...spare.held].map(({ id }) => id.toString('base64url'));
    const [{ handle = '' } = {}] = carol.device.held;
    const about = { rpId: 'localhost', userId: handle };
    assert.deepEqual(signalOn(visitor, 'signalAllAcceptedCredentials'), { ...about, allAcceptedCredentialIds: ids });
    assert.deepEqual(signalOn(visitor, 'signalCurrentUserDetails'), { ...about, name: 'carol', displayName: 'carol' });
    assert.match(warningOn(visitor, 'Phone'), /It signs you in no more, and every other session ends\./);
    const [first = ''] = passkeyIds(world);
    const before = kept(visitor, 'countersign-browser');
    await visitor.post(`${url}/remove`, { id: first, username: 'carol' });
    assert.equal(visitor.url, `${url}?done=removed`, 'the session that it has made goes on');
    assert.equal(visitor.page.status, 'That passkey is removed, and every other session has ended.');
    assert.deepEqual(cardsOn(visitor), ['Spare']);
    assert.deepEqual(signalOn(visitor, 'signalAllAcceptedCredentials'), {
      ...about,
      allAcceptedCredentialIds: ids.slice(1),
    });
    const after = kept(visitor, 'countersign-browser');
    assert.ok(before && after && after !== before, 'the browser in which it was done stays known, by a new token');
    assert.equal((dump(world)['browsers'] ?? []).length, 1);
    assert.equal(await isAlive(world, other), false);
    assert.equal((await signInWithPasskey(world, carol.device)).status, 401);
    assert.equal((await signInWithPasskey(world, spare)).status, 200);
  }));

test('with the last second factor the password alone opens the account: said before, and after', () =>
  onPages(async (world) => {
    const carol = await makePersonWithPasskey(world);
    const visitor = await (await enterByPasskey(world, carol.device)).open(url);
    assert.match(
      warningOn(visitor, 'Phone'),
      /your password alone opens this account\. Your recovery codes stop working/,
    );
    await visitor.submit({}, { form: /remove$/ });
    assert.equal(visitor.url, '/account?done=passkeys-off');
    assert.equal(visitor.page.status, 'You have no passkey any more.');
    assert.equal(visitor.page.text.match(/password alone/g)?.length, 1, 'said once');
    assert.match(visitor.page.text, /Passkeys None Password Set Authenticator app None Recovery codes left 0 /);
    assert.deepEqual(primary(visitor), [url]);
    const [{ handle = '' } = {}] = carol.device.held;
    const none = { rpId: 'localhost', userId: handle, allAcceptedCredentialIds: [] };
    assert.deepEqual(signalOn(visitor, 'signalAllAcceptedCredentials'), none);
    assert.equal((await visitor.open(url)).path, '/reauthenticate', 'the passkey proves nothing any more');
    await tokenOf(world, carol);
  }));

test('with an authenticator app beside it, that is what is left', () =>
  onPages(async (world) => {
    const bob = await makePersonWithCode(world);
    const visitor = await (await enter(world, bob)).open(url);
    assert.match(visitor.page.text, /with a code of the app or with the passkey/);
    await usePasskey(visitor, softwareAuthenticator());
    assert.equal(visitor.url, `${url}?done=added`, 'the codes that there are stay');
    assert.match(warningOn(visitor, 'Visitor'), /signs you in no more/);
    await visitor.submit({}, { form: /remove$/ });
    assert.equal(
      visitor.page.status,
      'You have no passkey any more. You sign in with your password and a code of the app.',
    );
    assert.match(visitor.page.text, /Authenticator app In force Recovery codes left 10 /);
  }));

test('the authenticator app goes while passkeys are left: the codes stay, and the password still asks for more', () =>
  onPages(async (world) => {
    const bob = await makePersonWithCode(world);
    const visitor = await (await enter(world, bob)).open(url);
    await usePasskey(visitor, softwareAuthenticator());
    await visitor.open('/account/recovery-codes');
    assert.match(visitor.page.text, /If you lose your authenticator app or your passkeys/);
    await visitor.open('/account/authenticator');
    assert.match(visitor.page.text, /asks for a code of it, or for a passkey\..*Without the app/);
    assert.match(visitor.page.text, /Your passkeys and your recovery codes go on to work/);
    assert.doesNotMatch(visitor.page.text, /password alone/);
    await visitor.submit({}, { form: /off$/ });
    assert.equal(visitor.page.status, 'The authenticator app is off: it no longer signs you in.');
    assert.match(visitor.page.text, /Passkeys 1 Password Set Authenticator app None Recovery codes left 10 /);
    assert.match(visitor.page.text, /A passkey can be lost with its device\. .* add another passkey on another device/);
    assert.equal((await tryToSignIn(world, bob)).body.status, 1);
  }));

test('the last way in goes only with a word for it, and then the account says that nobody can sign in', () =>
  onPages(async (world) => {
    const { visitor, device } = await invited(world);
    assert.match(visitor.page.text, /Your one passkey is the only way into this account/);
    assert.deepEqual(primary(visitor), [url]);
    assert.match(visitor.page.text, /Passkeys 1 Password None /);
    await visitor.open(url);
    const [{ name = '' } = {}] = stored(world, 'SELECT name FROM passkeys') as { name?: string }[];
    assert.match(
      warningOn(visitor, name),
      /the only way into this account: without it nobody can sign in any more, not even you/,
    );
    const [id = ''] = passkeyIds(world);
    for (const more of [{}, { accept: '' }, { accept: 'yes' }]) {
      await unchanged(world, () => visitor.post(`${url}/remove`, { id, ...more }));
      assert.ok([409, 422].includes(visitor.status));
    }
    await visitor.post(`${url}/remove`, { id });
    assertMistake(visitor, 409, /^Nothing has been removed: without this passkey nobody can sign in.* Tick the box/);
    assert.match(visitor.text, /<details open>\s*<summary>Remove/);
    await visitor.submit({ accept: true }, { form: /remove$/ });
    assert.equal(visitor.url, '/account?done=passkeys-off');
    assert.equal(visitor.page.status, 'You have no passkey any more.');
    assert.match(
      visitor.page.text,
      /Nobody can sign in to this account any more, not even you: .* ask an administrator/,
    );
    assert.match(visitor.page.text, /Passkeys None Password None /);
    assert.doesNotMatch(visitor.page.text, /password alone|well protected/);
    const { session } = JSON.parse((await visitor.open('/me')).text);
    assert.deepEqual(session.proved, ['passkey'], 'by which it was made');
    assert.equal((await signInWithPasskey(world, device)).status, 401);
  }));

test('with nothing left to prove it by, nothing is offered that asks for a proof, and the page for it says so', () =>
  onPages(async (world) => {
    const { visitor } = await invited(world);
    const [id = ''] = passkeyIds(world);
    await visitor.post(`${url}/remove`, { id, accept: 'no_way_in' });
    assert.match(
      visitor.page.text,
      /no passkey\. Before this session ends, ask an administrator for a one-time link\./,
    );
    assert.doesNotMatch(visitor.page.text, /If you still can/);
    for (const way of [url, '/account/password']) {
      await visitor.open(way);
      assert.deepEqual([visitor.path, visitor.page.h1], ['/reauthenticate', 'Confirm that it is you']);
      assert.match(visitor.page.text, /no password and no passkey\. Before this session ends, ask an administrator/);
      assert.doesNotMatch(visitor.page.text, /Your passkey|prove once more/);
    }
    await visitor.open('/account/sessions');
    assert.match(visitor.page.text, /Proved by Passkey/);
  }));

test('while the session is fresh, what helps is offered where the passkeys that are left are for another address', () =>
  onPages(async (world) => {
    const { visitor } = await invited(world);
    await visitor.open(url);
    const [id = ''] = passkeyIds(world);
    await usePasskey(visitor, softwareAuthenticator(), { values: { name: 'Elsewhere' } });
    alter(world, "UPDATE passkeys SET rp_id = 'old.example' WHERE name = 'Elsewhere'");
    await visitor.post(`${url}/remove`, { id, accept: 'no_way_in' });
    assert.equal(visitor.url, `${url}?done=removed`);
    await visitor.open('/account');
    assert.match(visitor.page.text, /Nobody can sign in .* passkeys only for another address .* If you still can, add/);
    await visitor.follow('set a password');
    assert.deepEqual([visitor.path, visitor.page.h1], ['/account/password', 'Set a password']);
    world.turn(11 * minute);
    await visitor.open('/account/password');
    assert.deepEqual([visitor.path, visitor.page.h1], ['/reauthenticate', 'Confirm that it is you']);
    assert.match(visitor.page.text, /cannot be used here: .* the address under which you set it up/);
  }));

test('an account without a password is told what an app and recovery codes are worth to it', () =>
  onPages(async (world) => {
    const { visitor } = await invited(world);
    await visitor.open(url);
    assert.match(visitor.page.text, /Add another passkey first, or set a password\./);
    await visitor.open('/account/authenticator');
    assert.match(visitor.page.text, /The app alone does not sign you in: .* Set a password too\./);
    await visitor.open('/account/recovery-codes');
    assert.match(visitor.page.text, /only together with a password, which this account does not have yet/);
    assert.ok(visitor.page.links.some(({ text }) => text === 'set one'));
    await visitor.open('/reauthenticate');
    assert.match(
      visitor.page.text,
      /cannot be used here: .* its own address, http:\/\/localhost:8000\. Open this page/,
    );
  }));

test('where policy demands a second factor the only one stays, and it is said why', () =>
  onPages(async (world) => {
    const root = await makePerson(world, 'root', true);
    const visitor = await enter(world, root);
    assert.equal(visitor.path, '/account/authenticator');
    await visitor.open('/account/sessions');
    await visitor.follow('Add a passkey instead');
    assert.deepEqual([visitor.url, visitor.page.h1], [`${url}?return_to=%2Faccount%2Fsessions`, 'Add a passkey']);
    assert.match(visitor.page.text, /^Add a passkey This account must have a second factor/);
    await visitor.follow('Set up an authenticator app instead');
    assert.equal(visitor.url, '/account/authenticator?return_to=%2Faccount%2Fsessions');
    await visitor.follow('Add a passkey instead');
    const copy = kept(visitor, 'countersign') ?? '';
    await usePasskey(visitor, softwareAuthenticator());
    codesOn(visitor);
    assert.equal(await isAlive(world, copy), false, 'a copy made while enrolling is no full session');
    await visitor.submit();
    assert.deepEqual([visitor.path, visitor.page.h1], ['/account/sessions', 'Where you are signed in']);
    await visitor.open(url);
    assert.match(warningOn(visitor, 'Visitor'), /cannot be removed: this account must have a second factor/);
    assert.ok(!visitor.page.forms.some(({ action }) => action.endsWith('/remove')));
    const [id = ''] = passkeyIds(world);
    await unchanged(world, () => visitor.post(`${url}/remove`, { id, accept: 'no_way_in' }));
    assertMistake(visitor, 409, /^This account must have a second factor, and this passkey is the only one/);
  }));

test('a passkey of another host name says where it works, and is no way in', () =>
  onPages(async (world) => {
    const carol = await makePersonWithPasskey(world);
    const visitor = await enterByPasskey(world, carol.device);
    world.turn(minute);
    await visitor.open(url);
    await usePasskey(visitor, softwareAuthenticator(), { values: { name: 'Here' } });
    alter(world, "UPDATE passkeys SET rp_id = 'old.example' WHERE name = 'Phone'");
    await visitor.open(url);
    assert.deepEqual(cardsOn(visitor), ['Phone Works only at old.example', 'Here']);
    const { status, body } = await signInWithPasskey(world, carol.device);
    assert.deepEqual([status, body.reason], [401, 'unknown_credential']);
    assert.match(warningOn(visitor, 'Here'), /only together with a recovery code/);
    assert.match(warningOn(visitor, 'Phone'), /signs you in no more/);
    assert.match((await visitor.open('/account')).page.text, /Passkeys 1, and 1 for another address of this service /);
    alter(world, "UPDATE passkeys SET rp_id = 'old.example'");
    await visitor.open('/account');
    assert.match(visitor.page.text, /Your passkeys work only at another address .* Add a passkey for this address\./);
    assert.match(visitor.page.text, /Passkeys 2 for another address of this service /);
  }));
