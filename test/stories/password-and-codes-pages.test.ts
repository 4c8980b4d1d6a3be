import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makePerson, makePersonWithCode, signIn } from '../server.ts';
import { visit } from '../visitor.ts';
import { assertMistake, codesOn, enter, next, onPages, primary, unchanged, wrongFields } from './account-steps.ts';
import { isAlive, recoveryCodeOf, tokenOf } from './steps.ts';

test('a new password from the page: the others are signed out, and the overview says so', () =>
  onPages(async (world) => {
    const alice = await makePerson(world);
    const other = await signIn(world, alice);
    const visitor = await (await enter(world, alice)).open('/account/password');
    assert.match(visitor.text, /name="username" value="alice" autocomplete="username" [^>]*readonly/);
    assert.match(visitor.text, /name="current" autocomplete="current-password"/);
    assert.match(visitor.text, /name="new" autocomplete="new-password" minlength="15"/);
    await visitor.submit({ current: alice.password, new: next });
    assert.deepEqual(
      visitor.hops.map(({ status, to }) => [status, new URL(to).pathname]),
      [[303, '/account']],
    );
    assert.match(visitor.page.status, /^Your password is changed, and every other session has ended\.$/);
    assert.equal(await isAlive(world, other), false);
    await tokenOf(world, { basic: `alice:${next}` });
  }));

test('a mistake in the password form marks its field, shows no password, and changes nothing', () =>
  onPages(async (world) => {
    const alice = await makePerson(world);
    const visitor = await (await enter(world, alice)).open('/account/password');
    await unchanged(world, async () => {
      await visitor.submit({ current: 'not my password', new: next });
      assertMistake(visitor, 422, /./);
      assert.deepEqual(wrongFields(visitor), ['current']);
      assert.doesNotMatch(visitor.text, /not my password|quite another/);

      await visitor.submit({ current: alice.password, new: 'fourteen chars' });
      assertMistake(visitor, 422, /at least 15 characters/);
      assert.deepEqual(wrongFields(visitor), ['new']);
      assert.doesNotMatch(visitor.text, /correct horse|fourteen chars/);
      assert.match(visitor.text, /minlength="15"/);

      await visitor.submit({ current: alice.password, new: alice.password });
      assertMistake(visitor, 422, /^That is the password it is now\. Choose another one\.$/);
      assert.deepEqual(wrongFields(visitor), ['new']);

      for (let index = 0; index < 5; index += 1) await visitor.submit({ current: 'wrong', new: next });
      await visitor.submit({ current: alice.password, new: next });
      assertMistake(visitor, 429, /try again in 30 seconds/);
      assert.equal(visitor.headers['retry-after'], '30');
      assert.match(visitor.text, /data-wait="30"/);
    });
  }));

test('a password that has become too short leads to its page, which alone is open', () =>
  onPages(
    async (world) => {
      const short = 'kq7 vx2z';
      await world.server.users.create({ name: 'alice', password: short });
      await world.restart({ requireSecondFactor: 'nobody' });
      const visitor = await visit(world).open('/sign-in');
      await visitor.submit({ username: 'alice', password: short });
      assert.equal(visitor.path, '/account/password');
      assert.match(visitor.page.text, /too short for that/);
      assert.deepEqual(
        visitor.page.links.filter(({ href }) => href.startsWith('/account')),
        [],
      );
      assert.equal((await visitor.open('/account/sessions')).url, '/account/password?return_to=%2Faccount%2Fsessions');
      await visitor.submit({ current: short, new: 'fourteen chars' });
      assertMistake(visitor, 422, /at least 15/);
      await visitor.submit({ current: short, new: next });
      assert.deepEqual([visitor.url, visitor.page.h1], ['/account/sessions', 'Where you are signed in']);
    },
    { requireSecondFactor: 'everyone' },
  ));

test('recovery codes are counted, and where there is no second factor the page leads to one', () =>
  onPages(async (world) => {
    const alice = await enter(world, await makePerson(world));
    await alice.open('/account/recovery-codes');
    assert.match(alice.page.text, /no second factor/);
    assert.deepEqual(primary(alice), ['/account/passkeys']);
    await unchanged(world, () => alice.post('/account/recovery-codes', {}));
    assertMistake(alice, 409, /set one up first/);

    const bob = await makePersonWithCode(world);
    await tokenOf(world, bob, recoveryCodeOf(bob));
    const visitor = await (await enter(world, bob)).open('/account/recovery-codes');
    assert.match(visitor.page.text, /You have 9 recovery codes left\./);
  }));

test('new recovery codes are shown once, can be taken along, and void the old ones', () =>
  onPages(async (world) => {
    const bob = await makePersonWithCode(world);
    const visitor = await (await enter(world, bob)).open('/account/recovery-codes');
    await visitor.submit();
    const codes = codesOn(visitor);
    assert.deepEqual([visitor.status, visitor.headers['cache-control']], [200, 'no-store']);
    assert.equal(visitor.headers['referrer-policy'], 'strict-origin');
    assert.match(visitor.page.text, /Each works once\. They are shown only now/);

    const download = visitor.page.links.find(({ text }) => text === 'Download');
    assert.match(visitor.text, /<a class="button" download="countersign-recovery-codes\.txt" href="data:text\/plain;/);
    const file = decodeURIComponent(download?.href.split(',')[1] ?? '');
    assert.equal(
      file,
      `Recovery codes of bob at Countersign, made on 2026-11-22.\r\nEach works once, in place of a code of the authenticator app.\r\n\r\n${codes.join('\r\n')}\r\n`,
    );
    await visitor.submit();
    assert.deepEqual(
      [visitor.url, visitor.page.status.slice(0, 27)],
      ['/account?done=codes', 'You have new recovery codes'],
    );

    await visitor.open('/account/recovery-codes');
    assert.match(visitor.page.text, /You have 10 recovery codes left/);
    for (const code of codes) assert.doesNotMatch(visitor.text, new RegExp(code));
    await tokenOf(world, bob, { recovery_code: codes[3] ?? '' });
    await assert.rejects(tokenOf(world, bob, recoveryCodeOf(bob)));
  }));
