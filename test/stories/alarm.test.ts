import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, hour, minute, second } from '../../src/clock.ts';
import { metricsOf, withMetrics } from '../metrics.ts';
import { freshCode, makePersonWithCode, type Person, signIn, type World, wrongCode } from '../server.ts';
import { dump } from '../tables.ts';
import { elements, textOf } from '../visitor/markup.ts';
import { visit } from '../visitor.ts';
import { enter, next, onPages } from './account-steps.ts';
import { givePassword, halfWay, secretIn } from './in-a-browser.ts';
import { reauthenticate, tryToSignIn } from './steps.ts';

/** The right password and then wrong codes, from where the account is not known: its owner hears of it. */

const alarms = (world: World): unknown[] =>
  (dump(world)['audit'] ?? []).filter(({ event }) => event === 'sign_in.alarm').map(({ detail }) => detail);

/** Wrong codes by a program, with the delays waited out. */
async function guess(world: World, bob: Person, times: number, from = '198.51.100.9'): Promise<void> {
  for (let index = 0; index < times; index += 1) {
    await tryToSignIn(world, bob, { otp: wrongCode(world, secretIn(bob)) }, from);
    if (index >= 4) world.turn(hour);
  }
}

/** What the first page of the account warns of. */
async function warnings(world: World, bob: Person): Promise<string[]> {
  const { page } = await enter(world, bob);
  return elements(page.document, ({ attributes }) => attributes['class'] === 'warning').map(textOf);
}

test('the third wrong code raises the alarm, and then each tenth: in the log, on the account, in the metrics', () =>
  onPages(async (world) => {
    const bob = await makePersonWithCode(world);
    await guess(world, bob, 2);
    assert.deepEqual(alarms(world), []);
    await guess(world, bob, 1);
    assert.deepEqual(alarms(world), ['{"wrong_codes":3}']);
    await guess(world, bob, 17 + 4);
    assert.deepEqual(alarms(world), ['{"wrong_codes":3}', '{"wrong_codes":10}', '{"wrong_codes":20}']);
    assert.match(await metricsOf(world), /^countersign_alarms_total 3$/m);
    const [said = '', ...more] = await warnings(world, bob);
    assert.match(
      said,
      /^Somebody who knows your password has given 20 wrong codes in a row\. .* UTC, from 198\.51\.100\.9\. If that was not you, change your password\.$/,
    );
    assert.deepEqual(more, [], 'the last one is told');
  }, withMetrics));

test('in a strange browser wrong codes of either kind raise it, in a known one none does', () =>
  onPages(async (world) => {
    const bob = await makePersonWithCode(world);
    const known = await enter(world, bob);
    await givePassword(known, bob);
    for (let index = 0; index < 4; index += 1) await known.submit({ otp: wrongCode(world, secretIn(bob)) });
    assert.deepEqual([known.status, alarms(world)], [422, []]);
    const strange = await halfWay(world, bob);
    for (let index = 0; index < 3; index += 1) await strange.submit({ otp: wrongCode(world, secretIn(bob)) });
    assert.equal(alarms(world).length, 1);
    await strange.open('/sign-in/recovery-code');
    for (let index = 0; index < 3; index += 1) await strange.submit({ recovery_code: 'AAAA-BBBB' });
    assert.equal(alarms(world).length, 2);
  }));

test('wrong passwords raise none, and a wrong code without the password is none', () =>
  onPages(async (world) => {
    const bob = await makePersonWithCode(world);
    for (let index = 0; index < 4; index += 1)
      await tryToSignIn(world, { basic: `${bob.name}:wrong` }, { otp: '123456' });
    assert.deepEqual(alarms(world), []);
    assert.match(await metricsOf(world), /^countersign_alarms_total 0$/m);
  }, withMetrics));

test('the account tells it for seven days, whoever signs in meanwhile, or until the password is changed', () =>
  onPages(async (world) => {
    const bob = await makePersonWithCode(world);
    await guess(world, bob, 3);
    assert.equal((await warnings(world, bob)).length, 1);
    assert.doesNotMatch((await enter(world, bob)).page.text, /well protected/);
    world.turn(7 * day - 3 * minute);
    assert.equal((await warnings(world, bob)).length, 1, 'a right sign-in has not hidden it');
    world.turn(2 * minute);
    assert.deepEqual(await warnings(world, bob), []);

    await guess(world, bob, 3);
    const visitor = await enter(world, bob);
    await visitor.follow('change your password');
    assert.equal(visitor.path, '/account/password');
    await visitor.submit({ current: bob.password, new: next });
    const changed = { ...bob, password: next, basic: `${bob.name}:${next}` };
    assert.deepEqual(await warnings(world, changed), []);
    await guess(world, changed, 3);
    assert.equal((await warnings(world, changed)).length, 1, 'what comes after it is news');
  }));

test('right passwords without a code are written down once a minute for an address', () =>
  onPages(async (world) => {
    const bob = await makePersonWithCode(world);
    const noted = (): number =>
      (dump(world)['audit'] ?? []).filter(({ event }) => event === 'sign_in.otp_required').length;
    for (let index = 0; index < 3; index += 1) await tryToSignIn(world, bob);
    await givePassword(visit(world), bob);
    assert.equal(noted(), 1);
    await tryToSignIn(world, bob, undefined, '192.0.2.7');
    assert.equal(noted(), 2);
    world.turn(59 * second);
    await tryToSignIn(world, bob);
    assert.equal(noted(), 2);
    world.turn(second);
    await tryToSignIn(world, bob);
    assert.equal(noted(), 3);
    assert.equal((await tryToSignIn(world, bob, { otp: freshCode(world, secretIn(bob)) })).status, 200);
  }));

test('wrong codes of a session that proves itself again raise it too, and none of a wrong password', () =>
  onPages(async (world) => {
    const bob = await makePersonWithCode(world);
    const token = await signIn(world, bob);
    await guess(world, bob, 2);
    for (let index = 0; index < 3; index += 1) await reauthenticate(world, token, { password: 'wrong' });
    assert.deepEqual(alarms(world), []);
    const otp = wrongCode(world, secretIn(bob));
    await reauthenticate(world, token, { password: bob.password, otp });
    assert.deepEqual(alarms(world), ['{"wrong_codes":3}']);
    assert.match(await metricsOf(world), /^countersign_alarms_total 1$/m);
  }, withMetrics));
