/** `POST /auth/credentials` for accounts with passkeys, and for those that have nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { softwareAuthenticator } from '../authenticator.ts';
import { addPasskey, makePersonWithPasskey, signInWithPasskey } from '../passkeys.ts';
import { makePasswordlessPerson } from '../passwordless.ts';
import { quickHash } from '../quick-hash.ts';
import { type Answer, freshCode, inWorld, makePerson, makePersonWithCode, signIn, wrongCode } from '../server.ts';
import { dump } from '../tables.ts';
import { assertRefused, recoveryCodeOf, tokenOf, tryToSignIn, visible, watchArgon2 } from './steps.ts';

const passkeyMethod = {
  type: 'passkey',
  options: '/auth/passkeys/sign-in/options',
  verification: '/auth/passkeys/sign-in',
};
const byPasskeyOrCode = { token: null, status: 1, methods: [passkeyMethod, { type: 'recovery_code' }] };

function assertAsksFor(answer: Answer, body: object): void {
  assert.deepEqual([answer.status, answer.body], [401, body]);
  assert.equal(answer.headers['www-authenticate'], 'OTP realm="Countersign"');
  assert.equal(answer.headers['set-cookie'], undefined);
}

test('where a passkey is the only second factor, the answer names how to go on, and the passkey routes do', () =>
  inWorld(async (world) => {
    const carol = await makePersonWithPasskey(world);
    const answer = await tryToSignIn(world, carol);
    assertAsksFor(answer, byPasskeyOrCode);
    const { options = '', verification = '' } = answer.body.methods[0] ?? {};
    const { body } = await world.call('POST', options);
    const credential = carol.device.get(body.options);
    const signedIn = await world.call('POST', verification, { body: { ceremony: body.ceremony, credential } });
    assert.equal((await world.call('GET', '/whoami', { token: signedIn.body.token })).text, '"carol"');
  }));

test('a recovery code in the body stands for the passkey, once', () =>
  inWorld(async (world) => {
    const carol = await makePersonWithPasskey(world);
    const code = recoveryCodeOf(carol);
    const token = await tokenOf(world, carol, code);
    const me = (await world.call('GET', '/me', { token })).body;
    assert.deepEqual([me.session.proved, me.recovery_codes_left], [['password', 'recovery_code'], 9]);
    assert.equal((await world.call('GET', '/auth/passkeys', { token })).body.passkeys.length, 1);
    assertRefused(await tryToSignIn(world, carol, code), 401, 2);
  }));

test('a code of an authenticator that is not there is none, and costs no try, however often', () =>
  inWorld(
    async (world) => {
      const carol = await makePersonWithPasskey(world);
      await tryToSignIn(world, carol);
      const charged = () => dump(world)['budgets'] ?? assert.fail();
      const before = charged();
      for (let index = 0; index < 120; index += 1)
        assertAsksFor(await tryToSignIn(world, carol, { otp: String(100000 + index) }), byPasskeyOrCode);
      const inQuery = await world.call('POST', '/auth/credentials?otp=123456', { basic: carol.basic });
      assertAsksFor(inQuery, byPasskeyOrCode);
      assert.deepEqual(charged(), before);
      await tokenOf(world, carol, recoveryCodeOf(carol));
    },
    {},
    { argon2: quickHash },
  ));

test('wrong recovery codes are counted at their own budget, and the passkey does not wait for them', () =>
  inWorld(
    async (world) => {
      const carol = await makePersonWithPasskey(world);
      for (let index = 0; index < 5; index += 1)
        assertRefused(await tryToSignIn(world, carol, { recovery_code: 'ABCD' }), 401, 2);
      assertRefused(await tryToSignIn(world, carol, recoveryCodeOf(carol)), 429, 4);
      assert.equal((await signInWithPasskey(world, carol.device)).status, 200);
    },
    {},
    { argon2: quickHash },
  ));

test('beside an authenticator both are named, and a code signs in as ever', () =>
  inWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const secret = bob.secret ?? assert.fail();
    assertAsksFor(await tryToSignIn(world, bob), { token: null, status: 1 });
    await addPasskey(world, await signIn(world, bob), softwareAuthenticator());
    const methods = [{ type: 'otp' }, ...byPasskeyOrCode.methods];
    assertAsksFor(await tryToSignIn(world, bob), { token: null, status: 1, methods });
    assertRefused(await tryToSignIn(world, bob, { otp: wrongCode(world, secret) }), 401, 2);
    await tokenOf(world, bob, { otp: freshCode(world, secret) });
  }));

test('an account without passkeys is answered to the letter as it always was', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const bob = await makePersonWithCode(world);
    const right = await tryToSignIn(world, alice);
    assert.deepEqual(Object.keys(right.body), ['token', 'status', 'expires_at']);
    assert.equal((await tryToSignIn(world, bob)).text, '{"token":null,"status":1}');
    assert.equal((await tryToSignIn(world, bob, { otp: '' })).text, '{"token":null,"status":1}');
    assert.equal((await tryToSignIn(world, bob, { otp: 'wrong' })).text, '{"token":null,"status":2}');
    assert.equal((await tryToSignIn(world, { basic: 'bob:wrong' })).text, '{"token":null,"status":3}');
  }));

test('a wrong password says nothing of passkeys', () =>
  inWorld(async (world) => {
    await makePersonWithPasskey(world);
    const wrong = await tryToSignIn(world, { basic: 'carol:wrong' });
    assert.deepEqual(visible(wrong), visible(await tryToSignIn(world, { basic: 'stranger:wrong' })));
    assertRefused(wrong, 401, 3);
  }));

test('an account without a password answers as a wrong one does, whatever is sent, and costs the same hash', async () => {
  const watched = watchArgon2(quickHash);
  await inWorld(
    async (world) => {
      const iris = await makePasswordlessPerson(world);
      await makePerson(world);
      const hashes = async (name: string, body?: { otp: string } | { recovery_code: string }) => {
        const before = watched.done.verifies;
        const answer = await tryToSignIn(world, { basic: `${name}:wrong` }, body);
        return { ...visible(answer), hashes: watched.done.verifies - before };
      };
      const member = await hashes('alice');
      assert.equal(member.hashes, 1);
      const recovery_code = iris.recoveryCodes[0] ?? assert.fail();
      for (const body of [undefined, { otp: '123456' }, { recovery_code }])
        assert.deepEqual(await hashes('iris', body), member);
      assert.deepEqual(await hashes('stranger'), member);
      const { body } = await world.call('POST', '/auth/credentials', { basic: 'iris:' });
      assert.deepEqual(body, { token: null, status: 3 });
      const left = dump(world)['recovery_codes']?.length;
      assert.equal(left, 10, 'never alone, and never spent');

      assertRefused(await tryToSignIn(world, { basic: 'iris:wrong' }), 401, 3);
      const throttled = await hashes('iris');
      for (let index = 0; index < 5; index += 1) await hashes('another');
      assert.deepEqual(throttled, await hashes('another'));
      assert.equal(throttled.hashes, 0);
    },
    {},
    { argon2: watched.argon2 },
  );
});

test('in a browser, a name without a password looks like any other', () =>
  inWorld(async (world) => {
    await makePasswordlessPerson(world);
    const send = (username: string) => world.call('POST', '/sign-in', { form: { username, password: 'wrong' } });
    const [iris, stranger] = [await send('iris'), await send('ivan')];
    assert.equal(iris.status, stranger.status);
    const plain = ({ text }: Answer) =>
      text.replaceAll(/value="(?:iris|ivan)"/g, '').replaceAll(/data-options="[^"]*"/g, '');
    assert.equal(plain(iris), plain(stranger));
  }));
