/** A person's own page about passkeys: what was sent once, sent once more. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../src/clock.ts';
import { softwareAuthenticator } from '../authenticator.ts';
import { makePerson } from '../server.ts';
import { assertMistake, codesOn, enter, onPages, unchanged } from './account-steps.ts';
import { passkeyForms } from './passkey-form.ts';

const url = '/account/passkeys';

test('the page with the codes loaded again says that the passkey is there, and where codes come from', () =>
  onPages(async (world) => {
    const alice = await makePerson(world);
    const visitor = await (await enter(world, alice)).open(url);
    const [form] = passkeyForms(visitor);
    assert.ok(form);
    const device = softwareAuthenticator();
    const sent = { ...form.fields, credential: JSON.stringify(device.create(form.options)) };
    await visitor.post(url, sent);
    assert.equal(codesOn(visitor).length, 10);
    for (const later of [0, 6 * minute]) {
      world.turn(later);
      await unchanged(world, () => visitor.post(url, sent));
      assert.equal(visitor.url, `${url}?done=there-already`);
      assert.match(visitor.page.status, /^That passkey is added already.* recovery codes .* make new ones\.$/);
      assert.doesNotMatch(visitor.text, /role="alert"/);
    }
    await visitor.follow('make new ones');
    assert.equal(visitor.url, '/account/recovery-codes');
  }));

test('where nothing came of it, what comes too late is refused', () =>
  onPages(async (world) => {
    const alice = await makePerson(world);
    const visitor = await (await enter(world, alice)).open(url);
    const [form] = passkeyForms(visitor);
    assert.ok(form);
    const answered = () => ({
      ...form.fields,
      credential: JSON.stringify(softwareAuthenticator().create(form.options)),
    });
    const [first, other] = [answered(), answered()];
    await visitor.post(url, first);
    assert.equal(codesOn(visitor).length, 10);
    await unchanged(world, () => visitor.post(url, other));
    assertMistake(visitor, 422, /^This took more than five minutes, or was answered already/);
  }));
