import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBench, ticketOf } from '../../test/throttle-bench.ts';
import { day, hour, minute, second } from '../clock.ts';
import { browserTries, defaultLimits, otpTry, passkeyTry, passwordTry, recoveryCodeTry } from './throttle.ts';

/** The owner stays in, and whoever has many addresses gains little by them. */

const from = (index: number): string => `203.0.113.${index}`;
const subnet = (index: number): string => `2001:db8:1:${index.toString(16)}::1`;

test('a known browser has budgets of its own: failures elsewhere do not touch them, nor the other way round', () =>
  onBench(async ({ attempt, throttle }) => {
    const own = passwordTry('alice', from(1), 'b1');
    for (let tries = 0; tries < 5; tries += 1) await attempt(passwordTry('alice', from(1)), 'wrong');
    assert.deepEqual(await throttle.charge(passwordTry('alice', from(1))), { retryAfter: 30 });
    for (let tries = 0; tries < 5; tries += 1) await attempt(own, 'wrong');
    assert.deepEqual(await throttle.charge(own), { retryAfter: 30 });
    await attempt(passwordTry('alice', from(2)), 'right');
    await attempt(passwordTry('alice', from(1), 'b2'), 'right');
  }));

test('a known browser signs in though its whole network is refused', () =>
  onBench(async ({ attempt, throttle }) => {
    for (let name = 0; name < 50; name += 1) await attempt(passwordTry(`n${name}`, from(1)), 'wrong');
    assert.deepEqual(await throttle.charge(passwordTry('alice', from(1))), { retryAfter: 600 });
    await attempt(passwordTry('alice', from(1), 'b1'), 'right');
  }));

test('what is forgotten with a browser is all that it has', () =>
  onBench(async ({ attempt, database, throttle, rows }) => {
    for (const tries of [passwordTry('alice', from(1), 'b1'), otpTry('u1', 'a1', 'b1'), recoveryCodeTry('u1', 'b1')])
      await attempt(tries, 'wrong');
    await database.transaction((tx) => throttle.forget(tx, browserTries('b1')));
    assert.equal(await rows(), 1, 'the count from everywhere stays');
  }));

test('the twenty-first network of a day shares one budget of the name with all that follow', () =>
  onBench(async ({ attempt, throttle, turn }) => {
    const alice = (index: number) => passwordTry('alice', from(index));
    for (let index = 1; index <= 20; index += 1) await attempt(alice(index), 'wrong');
    for (let index = 21; index <= 25; index += 1) await attempt(alice(index), 'wrong');
    for (const index of [26, 99]) assert.deepEqual(await throttle.charge(alice(index)), { retryAfter: 30 });
    await attempt(alice(20), 'wrong');
    await attempt(passwordTry('zoe', from(99)), 'wrong');
    turn(30 * second);
    await attempt(alice(99), 'right');
    await attempt(alice(99), 'wrong');
    assert.deepEqual(await throttle.charge(alice(98)), { retryAfter: 60 }, 'who is right clears it for nobody else');
    turn(day);
    await attempt(alice(98), 'wrong');
    await attempt(alice(98), 'right');
  }));

test('not even over days more networks come to have budgets of their own', () =>
  onBench(async ({ attempt, throttle, turn }) => {
    turn(day / 2);
    for (let index = 1; index <= 20; index += 1) await attempt(passwordTry('alice', from(index)), 'wrong');
    turn(day / 2);
    for (let index = 21; index <= 40; index += 1) await attempt(passwordTry('alice', from(index)), 'wrong');
    for (let tries = 0; tries < 5; tries += 1) await attempt(passwordTry('alice', from(1)), 'wrong');
    assert.deepEqual(await throttle.charge(passwordTry('alice', from(1))), { retryAfter: 30 });
  }));

test('a network that is right at once takes no room from newcomers', () =>
  onBench(async ({ attempt }) => {
    for (let index = 1; index <= 60; index += 1) await attempt(passwordTry('alice', from(index)), 'right');
    for (let index = 61; index <= 63; index += 1)
      for (let tries = 0; tries < 5; tries += 1) await attempt(passwordTry('alice', from(index)), 'wrong');
  }));

test('a network is counted among the newcomers once a day, however often it is wrong and then right', () =>
  onBench(async ({ attempt }) => {
    for (let round = 0; round < 25; round += 1) {
      await attempt(passwordTry('alice', from(1)), 'wrong');
      for (let times = 0; times < 2; times += 1) await attempt(passwordTry('alice', from(1)), 'right');
    }
    for (let index = 2; index <= 20; index += 1) await attempt(passwordTry('alice', from(index)), 'wrong');
    for (let tries = 0; tries < 4; tries += 1) await attempt(passwordTry('alice', from(20)), 'wrong');
    await attempt(passwordTry('alice', from(19)), 'right');
  }));

test('an IPv6 /48 is one newcomer with twenty tries, however many networks it has', () =>
  onBench(async ({ attempt, throttle, turn }) => {
    for (let index = 0; index < 20; index += 1) await attempt(passwordTry('alice', subnet(index)), 'wrong');
    assert.deepEqual(await throttle.charge(passwordTry('alice', subnet(20))), { retryAfter: 30 });
    for (let index = 1; index < 20; index += 1) await attempt(passwordTry('alice', from(index)), 'wrong');
    turn(30 * second);
    await attempt(passwordTry('alice', subnet(21)), 'right');
    await attempt(passwordTry('alice', '2001:db8:2::1'), 'wrong');
  }));

test('an IPv6 /48 is refused for all names after two hundred wrong passwords, whichever of its networks asks', () =>
  onBench(async ({ attempt, throttle, turn }) => {
    for (let index = 0; index < 200; index += 1) await attempt(passwordTry(`n${index}`, subnet(index)), 'wrong');
    assert.deepEqual(await throttle.charge(passwordTry('alice', subnet(777))), { retryAfter: 600 });
    await attempt(passwordTry('alice', '2001:db8:2::1'), 'wrong');
    turn(10 * minute);
    await attempt(passwordTry('alice', subnet(777)), 'right');
  }));

test('a try that is not judged gives back no room while another one has come by it', () =>
  onBench(async ({ attempt, throttle, settle }) => {
    for (let index = 1; index <= 20; index += 1) {
      const first = ticketOf(await throttle.charge(passwordTry('alice', from(index))));
      const second = ticketOf(await throttle.charge(passwordTry('alice', from(index))));
      await settle(first, 'unjudged');
      await settle(second, 'wrong');
    }
    for (let tries = 0; tries < 5; tries += 1) await attempt(passwordTry('alice', from(100 + tries)), 'wrong');
    assert.deepEqual(await throttle.charge(passwordTry('alice', from(200))), { retryAfter: 30 });
  }));

test('whoever fills the table with keys pushes out his own, and no count that is higher', () =>
  onBench(
    async ({ attempt, throttle, turn }) => {
      for (let name = 0; name < 40; name += 1) await attempt(passwordTry(`n${name}`, from(1)), 'wrong');
      for (let index = 0; index < 100; index += 1) {
        await attempt([{ budget: 'password', key: `filler ${index}` }], 'wrong');
        turn(1);
      }
      for (let name = 50; name < 60; name += 1) await attempt(passwordTry(`n${name}`, from(1)), 'wrong');
      assert.deepEqual(Object.keys(await throttle.charge(passwordTry('alice', from(1)))), ['retryAfter']);
    },
    { rows: 100 },
  ));

test('a refused network is remembered in memory, and let in again when the refusal ends', () =>
  onBench(async ({ attempt, database, throttle, turn }) => {
    for (let name = 0; name < 50; name += 1) await attempt(passwordTry(`n${name}`, from(1)), 'wrong');
    await throttle.charge(passwordTry('alice', from(1)));
    await database.close();
    assert.deepEqual(await throttle.charge(passwordTry('alice', from(1))), { retryAfter: 600 });
    turn(10 * minute - 1);
    assert.deepEqual(await throttle.charge(passwordTry('zoe', from(1))), { retryAfter: 1 });
    turn(-hour);
    await assert.rejects(throttle.charge(passwordTry('alice', from(1))), 'what a clock said that ran ahead');
    turn(hour + 1);
    await assert.rejects(throttle.charge(passwordTry('alice', from(1))), 'now the database is asked again');
    await assert.rejects(throttle.charge(passwordTry('alice', from(2))), 'as it is for everybody else');
  }));

test('passkeys have tries of their own, which no wrong password or code uses up, and a refusal of them costs nothing', () =>
  onBench(async ({ attempt, database, throttle, turn }) => {
    for (let name = 0; name < 50; name += 1) await attempt(passwordTry(`n${name}`, from(1)), 'wrong');
    for (let code = 0; code < 5; code += 1) await attempt(otpTry('u1', 'a1'), 'wrong');
    for (const browser of [undefined, 'b1']) {
      for (let tries = 0; tries < 50; tries += 1) await attempt(passkeyTry(from(1), browser), 'wrong');
      assert.deepEqual(await throttle.charge(passkeyTry(from(1), browser)), { retryAfter: 600 });
    }
    await attempt(passkeyTry(from(1), 'b2'), 'right');
    await attempt(passkeyTry(from(2)), 'right');
    turn(10 * minute);
    for (let tries = 0; tries < 50; tries += 1) await attempt(passkeyTry(from(1)), 'wrong');
    await throttle.charge(passkeyTry(from(1)));
    await database.close();
    assert.deepEqual(await throttle.charge(passkeyTry(from(1))), { retryAfter: 600 });
  }));

test('of passkeys a /48 has tries for four of its networks', () =>
  onBench(async ({ attempt, throttle, turn }) => {
    for (let index = 0; index < 200; index += 1) await attempt(passkeyTry(subnet(index)), 'wrong');
    assert.deepEqual(await throttle.charge(passkeyTry(subnet(777))), { retryAfter: 600 });
    await attempt(passkeyTry('2001:db8:2::1'), 'wrong');
    turn(10 * minute);
    await attempt(passkeyTry(subnet(777)), 'right');
  }));

test('only so many refused networks are remembered', () =>
  onBench(
    async ({ attempt, database, throttle }) => {
      for (let network = 1; network <= 3; network += 1) {
        await attempt(passwordTry('n', from(network)), 'wrong');
        await throttle.charge(passwordTry('m', from(network)));
      }
      await database.close();
      await assert.rejects(throttle.charge(passwordTry('m', from(1))));
      for (const network of [2, 3])
        assert.deepEqual(await throttle.charge(passwordTry('m', from(network))), { retryAfter: 600 });
    },
    { remembered: 2, network: { ...defaultLimits.network, free: 1 } },
  ));

test('wrong codes of all browsers together cut the authenticator off, each since its own last right code', () =>
  onBench(
    async ({ attempt, throttle, turn }) => {
      const one = otpTry('u1', 'a1', 'b1');
      const elsewhere = otpTry('u1', 'a1');
      assert.deepEqual([await attempt(elsewhere, 'wrong'), await attempt(elsewhere, 'wrong')], [1, 2]);
      for (let tries = 1; tries <= 4; tries += 1) assert.equal(await attempt(one, 'wrong'), tries);
      await attempt(one, 'right');
      for (let tries = 1; tries <= 4; tries += 1) await attempt(one, 'wrong');
      for (let tries = 0; tries < 4; tries += 1) {
        turn(hour);
        await attempt(elsewhere, 'wrong');
      }
      for (const tries of [one, elsewhere, otpTry('u1', 'a1', 'b2')])
        assert.deepEqual(await throttle.charge(tries), {});
      await attempt(otpTry('u1', 'a2'), 'right');
    },
    { allOtp: { cutOff: 10, kept: true } },
  ));

test('at the cut-off parallel tries from everywhere are judged one by one, and never one too many', () =>
  onBench(
    async ({ attempt, throttle, settle }) => {
      for (let tries = 0; tries < 3; tries += 1) await attempt(otpTry('u1', 'a1'), 'wrong');
      const last = ticketOf(await throttle.charge(otpTry('u1', 'a1')));
      const waiting = throttle.charge(otpTry('u1', 'a1', 'b1'));
      await settle(last, 'wrong');
      assert.deepEqual(await waiting, {});
    },
    { allOtp: { cutOff: 4, kept: true }, patience: 10_000 },
  ));
