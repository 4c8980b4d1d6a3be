import assert from 'node:assert/strict';
import { test } from 'node:test';
import { softwareAuthenticator } from '../authenticator.ts';
import { addPasskey } from '../passkeys.ts';
import { codeAt, makePerson, makePersonWithCode, type Person, signIn } from '../server.ts';
import { dump } from '../tables.ts';
import type { Visitor } from '../visitor.ts';
import { assertMistake, codesOn, enter, keyOn, next, onPages, unchanged } from './account-steps.ts';
import { givePassword, halfWay } from './in-a-browser.ts';
import { passkeyForms } from './passkey-form.ts';
import { recoveryCodeOf } from './steps.ts';

/** A page that was left open while somebody else signed in: its form says whose page it was, and does nothing. */
const refused = (visitor: Visitor, name: string): void =>
  assertMistake(visitor, 403, new RegExp(`^This browser is signed in as ${name} now, and that page was for somebody`));

/** What a device says to questions that nobody here has asked. */
const device = softwareAuthenticator();
const made = device.create({
  rp: { id: 'localhost', name: 'Countersign' },
  user: { id: 'aGFuZGxl', name: 'alice', displayName: 'alice' },
  challenge: 'AAAA',
  pubKeyCredParams: [],
  excludeCredentials: [],
  authenticatorSelection: {},
});

const used = device.get({
  rpId: 'localhost',
  challenge: 'AAAA',
  userVerification: 'required',
  allowCredentials: [],
});

/** Forms of the account, with what they hold beside the name. */
const forms = (person: Person): Record<string, Record<string, string>> => ({
  '/account/authenticator': { otp: '123456' },
  '/account/authenticator/replace': {},
  '/account/authenticator/keep': {},
  '/account/authenticator/off': {},
  '/account/passkeys': { name: 'Phone', credential: JSON.stringify(made) },
  '/account/passkeys/rename': { id: 'nobody', name: 'Phone' },
  '/account/passkeys/remove': { id: 'nobody' },
  '/account/recovery-codes': {},
  '/account/password': { current: person.password, new: next },
  '/account/sessions/end': { id: 'nobody' },
  '/account/sessions/end-others': {},
  '/account/sessions/forget': { id: 'nobody' },
  '/reauthenticate': { password: person.password },
  '/reauthenticate/passkey': { credential: JSON.stringify(used) },
});

test('a form of the account that names somebody else changes nothing, and says so', () =>
  onPages(async (world) => {
    const bob = await makePersonWithCode(world);
    await enter(world, bob);
    const visitor = await enter(world, bob);
    for (const [path, fields] of Object.entries(forms(bob))) {
      for (const username of ['alice', 'BOB', '']) {
        await unchanged(world, () => visitor.post(path, { ...fields, username }));
        refused(visitor, 'bob');
      }
    }
  }));

test('each form of the account names whose page it stands on', () =>
  onPages(async (world) => {
    const bob = await makePersonWithCode(world);
    await addPasskey(world, await signIn(world, bob), softwareAuthenticator());
    await enter(world, bob);
    const visitor = await enter(world, bob);
    const seen = new Set<string>();
    const look = async (path: string): Promise<void> => {
      if (visitor.path !== path) await visitor.open(path);
      for (const { action, fields } of visitor.page.forms.filter((form) => form.inMain)) {
        seen.add(action);
        assert.equal(fields.find(({ name }) => name === 'username')?.value, 'bob', action);
      }
      for (const { action, fields } of passkeyForms(visitor)) {
        seen.add(action);
        assert.equal(fields['username'], 'bob', action);
      }
    };
    const pages = ['authenticator', 'passkeys', 'recovery-codes', 'password', 'sessions'].map(
      (page) => `/account/${page}`,
    );
    for (const path of [...pages, '/reauthenticate']) await look(path);
    await visitor.open('/account/authenticator');
    await visitor.submit({}, { form: /replace$/ });
    await look('/account/authenticator');
    assert.deepEqual([...seen].sort(), Object.keys(forms(bob)).sort());
  }));

test('the page of somebody who has left, sent when another one is signed in, sets up no authenticator for that one', () =>
  onPages(async (world) => {
    const alice = await makePerson(world);
    const bob = await makePerson(world, 'bob');
    const visitor = await (await enter(world, alice)).open('/account/authenticator');
    const secret = keyOn(visitor);
    await givePassword(visitor, bob);
    await visitor.open('/account/authenticator');
    const otp = codeAt(secret, world.now());
    await unchanged(world, () => visitor.post('/account/authenticator', { otp, username: 'alice' }));
    refused(visitor, 'bob');
  }));

test('a code typed into the page of somebody else is not judged, and the half sign-in waits on', () =>
  onPages(async (world) => {
    const bob = await makePersonWithCode(world);
    const visitor = await halfWay(world, bob);
    const before = dump(world);
    await visitor.post('/sign-in/code', { otp: '123456', username: 'alice' });
    refused(visitor, 'bob');
    await visitor.post('/sign-in/recovery-code', { ...recoveryCodeOf(bob), username: 'alice' });
    refused(visitor, 'bob');
    assert.deepEqual(dump(world), before);
    await visitor.open('/sign-in/recovery-code');
    await visitor.submit(recoveryCodeOf(bob));
    assert.equal(visitor.path, '/account');
  }));

test('signing in as somebody else is no such form: the sign-in page is for everybody', () =>
  onPages(async (world) => {
    const visitor = await enter(world, await makePerson(world));
    await givePassword(visitor, await makePerson(world, 'bob'));
    assert.match(visitor.page.text, /signed in as bob\b/);
  }));

test('a form without a name is taken, as from pages that were made before', () =>
  onPages(async (world) => {
    const visitor = await enter(world, await makePersonWithCode(world));
    await visitor.post('/account/recovery-codes', {});
    codesOn(visitor);
  }));
