import assert from 'node:assert/strict';
import { test } from 'node:test';
import { second } from '../../src/clock.ts';
import { period } from '../../src/totp/code.ts';
import {
  codeAt,
  freshCode,
  inWorld,
  makePerson,
  makePersonWithCode,
  type Person,
  secretOf,
  signIn,
  type World,
  wrongCode,
} from '../server.ts';
import { secretIn } from './in-a-browser.ts';
import { assertProblem, assertRefused, enable, reauthenticate, recoveryCodeOf, tokenOf, tryToSignIn } from './steps.ts';

const inQuery = (world: World, person: Person, query: string, body?: object) =>
  world.call('POST', `/auth/credentials?${query}`, { basic: person.basic, ...(body ? { body } : {}) });

test('the code that confirmed an enrolment is spent', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const token = await signIn(world, alice);
    const secret = await secretOf(world, token);
    const otp = codeAt(secret, world.now());
    assert.equal((await enable(world, token, { enabled: true, otp })).status, 200);
    assertRefused(await tryToSignIn(world, alice, { otp }), 401, 2);
    await world.restart();
    assertRefused(await tryToSignIn(world, alice, { otp }), 401, 2);
    await tokenOf(world, alice, { otp: freshCode(world, secret) });
  }));

test('a spent code stays spent: after a restart, and with the clock set back', () =>
  inWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    world.turn(22 * second); // Two seconds into a step.
    const earlier = freshCode(world, secretIn(bob));
    const otp = freshCode(world, secretIn(bob));
    await tokenOf(world, bob, { otp });
    assertRefused(await tryToSignIn(world, bob, { otp }), 401, 2);
    await world.restart();
    assertRefused(await tryToSignIn(world, bob, { otp }), 401, 2);
    // Into the step before; a clock that is farther behind judges no code at all (clock-rule.test.ts).
    world.turn(-4 * second);
    assertRefused(await tryToSignIn(world, bob, { otp: earlier }), 401, 2);
    assertRefused(await tryToSignIn(world, bob, { otp }), 401, 2);
  }));

test('a code spent in one place is spent in all', () =>
  inWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const otp = freshCode(world, secretIn(bob));
    const token = await tokenOf(world, bob, { otp });
    assertProblem(await reauthenticate(world, token, { password: bob.password, otp }), 422, 'wrong_otp');
    const next = freshCode(world, secretIn(bob));
    assert.equal((await reauthenticate(world, token, { password: bob.password, otp: next })).status, 200);
    assertRefused(await tryToSignIn(world, bob, { otp: next }), 401, 2);
  }));

test('the codes of the step before, this one and the next are good, and no others', () =>
  inWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    world.turn(5 * period);
    const at = (steps: number) => ({ otp: codeAt(secretIn(bob), world.now() + steps * period) });
    assertRefused(await tryToSignIn(world, bob, at(-2)), 401, 2);
    assertRefused(await tryToSignIn(world, bob, at(2)), 401, 2);
    for (const steps of [-1, 0, 1]) await tokenOf(world, bob, at(steps));
    for (const steps of [-1, 0, 1]) assertRefused(await tryToSignIn(world, bob, at(steps)), 401, 2);
  }));

test('with a window of 0 only the code of this step is good', () =>
  inWorld(
    async (world) => {
      const bob = await makePersonWithCode(world);
      world.turn(5 * period);
      const at = (steps: number) => ({ otp: codeAt(secretIn(bob), world.now() + steps * period) });
      assertRefused(await tryToSignIn(world, bob, at(-1)), 401, 2);
      assertRefused(await tryToSignIn(world, bob, at(1)), 401, 2);
      await tokenOf(world, bob, at(0));
    },
    { totpWindow: 0 },
  ));

test('codes may have spaces in and around them and full-width digits', () =>
  inWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const wide = (code: string) => code.replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit)));
    const forms = [
      (code: string) => `${code.slice(0, 3)} ${code.slice(3)}`,
      (code: string) => ` ${code}\n`,
      wide,
      (code: string) => `\u3000${wide(code.slice(0, 2))} ${code.slice(2)}`,
    ];
    for (const form of forms) await tokenOf(world, bob, { otp: form(freshCode(world, secretIn(bob))) });
    const query = new URLSearchParams({ otp: wide(freshCode(world, secretIn(bob))) });
    assert.equal((await inQuery(world, bob, String(query))).status, 200);
  }));

test('a code is ignored while no second factor is on', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    for (const otp of ['123456', '', 'nonsense', '9'.repeat(128)]) await tokenOf(world, alice, { otp });
    await tokenOf(world, alice, { recovery_code: 'nonsense' });
    assert.equal((await inQuery(world, alice, 'otp=nonsense')).status, 200);
    await signIn(world, alice);
  }));

test('an empty code is no code', () =>
  inWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    assertRefused(await tryToSignIn(world, bob), 401, 1);
    assertRefused(await tryToSignIn(world, bob, { otp: '' }), 401, 1);
    assertRefused(await tryToSignIn(world, bob, { recovery_code: '' }), 401, 1);
    assertRefused(await inQuery(world, bob, 'otp='), 401, 1);
    assertRefused(await inQuery(world, bob, 'otp'), 401, 1);
  }));

test('any code of up to 128 characters is judged; a longer one is 422', () =>
  inWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    for (const otp of ['x', '12345', '1234567', '-12345', 'ⅷ', '\u0000', '9'.repeat(127)]) {
      assertRefused(await tryToSignIn(world, bob, { otp }), 401, 2);
      world.turn(60 * 60_000);
    }
    const padded = freshCode(world, secretIn(bob)).padStart(128);
    await tokenOf(world, bob, { otp: padded });
    assertProblem(await tryToSignIn(world, bob, { otp: '9'.repeat(129) }), 422, 'invalid');
    assertProblem(await inQuery(world, bob, `otp=${'9'.repeat(129)}`), 422, 'invalid');
  }));

test('a code comes in the query or in a body, JSON or form, but not in both', () =>
  inWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const otp = () => freshCode(world, secretIn(bob));
    assert.equal((await inQuery(world, bob, `otp=${otp()}`)).status, 200);
    const form = await world.call('POST', '/auth/credentials', { basic: bob.basic, form: { otp: otp() } });
    assert.equal(form.status, 200);
    const code = otp();
    assertProblem(await inQuery(world, bob, `otp=${code}`, { otp: code }), 400, 'bad_request');
    assertProblem(await inQuery(world, bob, `otp=${code}`, recoveryCodeOf(bob)), 400, 'bad_request');
    assertProblem(await inQuery(world, bob, `otp=${code}&otp=${code}`), 400, 'bad_request');
    assert.equal((await inQuery(world, bob, `otp=${code}`, {})).status, 200);
  }));

test('an empty body is no body, whatever its content type', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/plain', 'image/png']) {
      const headers = { 'content-type': type };
      const answer = await world.call('POST', '/auth/credentials', { basic: alice.basic, headers, payload: '' });
      assert.equal(answer.status, 200, type);
    }
  }));

test('with the query switched off a code in it is refused, and the body takes it', () =>
  inWorld(
    async (world) => {
      const bob = await makePersonWithCode(world);
      const otp = freshCode(world, secretIn(bob));
      assertProblem(await inQuery(world, bob, `otp=${otp}`), 400, 'bad_request');
      assert.equal((await inQuery(world, bob, '')).body.status, 1);
      await tokenOf(world, bob, { otp });
    },
    { otpInQuery: 'off' },
  ));

test('a code sent in the query is not logged, whatever the answer', () =>
  inWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const [wrong, right] = [wrongCode(world, secretIn(bob)), freshCode(world, secretIn(bob))];
    for (const otp of [wrong, right, right]) await inQuery(world, bob, `otp=${otp}`);
    assert.match(world.log(), /otp=\[redacted\]/);
    for (const secret of [wrong, right, bob.password]) assert.equal(world.log().includes(secret), false);
  }));
