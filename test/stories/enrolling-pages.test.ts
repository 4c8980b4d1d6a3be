import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeAt, makePerson, signIn, wrongCode } from '../server.ts';
import { visit } from '../visitor.ts';
import { assertMistake, codesOn, enter, keyOn, onPages, primary } from './account-steps.ts';
import { enable } from './steps.ts';

const url = '/account/authenticator';

test('somebody who must have a second factor goes from the password to a full session, and on to where they wanted', () =>
  onPages(async (world) => {
    const root = await makePerson(world, 'root', true);
    const visitor = await visit(world).open('/account/sessions');
    await visitor.submit({ username: 'root', password: root.password });
    assert.equal(visitor.url, `${url}?return_to=%2Faccount%2Fsessions`);
    assert.match(
      visitor.page.text,
      /This account must have a second factor: .* An authenticator app is that something/,
    );
    assert.doesNotMatch(visitor.page.text, /[Ll]eave this page/);
    const other = '/account/passkeys?return_to=%2Faccount%2Fsessions';
    assert.deepEqual(
      visitor.page.links.filter(({ href }) => href.startsWith('/account')).map(({ href }) => href),
      [other],
    );
    for (const elsewhere of ['/account', '/account/sessions', '/account/recovery-codes', '/account/password'])
      assert.equal((await visitor.open(elsewhere)).url, `${url}?return_to=${encodeURIComponent(elsewhere)}`);

    await visitor.open(`${url}?return_to=%2Faccount%2Fsessions`);
    const secret = keyOn(visitor);
    await visitor.submit({ otp: wrongCode(world, secret) });
    assertMistake(visitor, 422, /not right/);
    await visitor.submit({ otp: codeAt(secret, world.now()) });
    codesOn(visitor);
    await visitor.submit();
    assert.deepEqual([visitor.status, visitor.path], [200, '/account/sessions']);
    assert.match((await visitor.open('/account')).page.text, /In force Recovery codes left 10/);
  }));

test('who must set up a second factor and will not can sign out', () =>
  onPages(async (world) => {
    const root = await makePerson(world, 'root', true);
    const visitor = await enter(world, root);
    await visitor.submit({}, { form: '/sign-out' });
    assert.equal(visitor.path, '/sign-in');
    assert.equal((await visitor.open(url)).path, '/sign-in');
  }));

test('it goes on to nowhere but our own pages, with the query that they had', () =>
  onPages(async (world) => {
    const places = [
      ['/account/activity?before=7&x=%2F', '/account/activity?before=7&x=%2F'],
      ['https://evil.example/', '/account?done=authenticator'],
      ['//evil.example', '/account?done=authenticator'],
    ] as const;
    for (const [index, [wanted, reached]] of places.entries()) {
      const visitor = await enter(world, await makePerson(world, `alice${index}`));
      await visitor.open(`${url}?return_to=${encodeURIComponent(wanted)}`);
      const otp = codeAt(keyOn(visitor), world.now());
      await visitor.post(url, { otp, return_to: wanted });
      await visitor.submit();
      assert.equal(visitor.url, reached);
    }
  }));

test('one that was switched on without a code is confirmed by one, and no new codes are made', () =>
  onPages(async (world) => {
    const alice = await makePerson(world);
    const { body } = await enable(world, await signIn(world, alice));
    const visitor = await visit(world).open('/sign-in');
    await visitor.submit({ username: 'alice', password: alice.password });
    await visitor.open('/sign-in/recovery-code');
    await visitor.submit({ recovery_code: body.recovery_codes[0] ?? '' });
    assert.deepEqual(primary(visitor), [url]);
    await visitor.open(url);
    assert.equal(visitor.page.h1, 'Confirm your authenticator app');
    assert.match(visitor.page.text, /Signing in asks for a code of this authenticator already/);
    assert.doesNotMatch(visitor.page.text, /Nothing is in force/);
    await visitor.submit({ otp: codeAt(keyOn(visitor), world.now()) });
    assert.equal(visitor.url, '/account?done=authenticator');
    assert.match(visitor.page.text, /In force Recovery codes left 9 /);
  }));
