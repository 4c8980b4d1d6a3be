import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hour, minute } from '../../src/clock.ts';
import { defaultLimits } from '../../src/throttle/throttle.ts';
import { inQuickWorld } from '../quick-world.ts';
import { freshCode, makePersonWithCode, type Person, type World, wrongCode } from '../server.ts';
import { givePassword, secretIn } from '../stories/in-a-browser.ts';
import { recoveryCodeOf, tryToSignIn } from '../stories/steps.ts';
import { type Visitor, visit } from '../visitor.ts';

/** somebody fails without pause on the name of somebody else, to keep him out. */

const home = '198.51.100.7';
const elsewhere = '203.0.113.9';

/** Signs in on the pages with password and code, at once, and out again: the browser stays known. */
async function inAndOut(world: World, person: Person, visitor: Visitor): Promise<void> {
  await givePassword(visitor, person);
  assert.equal(visitor.path, '/sign-in/code', visitor.text);
  await visitor.submit({ otp: freshCode(world, secretIn(person)) });
  assert.equal(visitor.path, '/account', visitor.text);
  await visitor.post('/sign-out', {});
}

async function knownBrowser(world: World, person: Person, from = home): Promise<Visitor> {
  const visitor = visit(world, { from });
  await inAndOut(world, person, visitor);
  return visitor;
}

/** Tries as many wrong passwords as are asked for, however they are answered; the last answers that a wait is demanded. */
async function failOn(world: World, name: string, times: number, from: string): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    const { status } = await tryToSignIn(world, { basic: `${name}:guess ${time}` }, undefined, from);
    assert.ok([401, 429].includes(status));
  }
}

test('all day long the owner signs in at once from a known browser, also from behind the address of the attacker', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const atHome = await knownBrowser(world, bob);
    const beside = await knownBrowser(world, bob, elsewhere);
    for (let quarter = 0; quarter < 24 * 4; quarter += 1) {
      await failOn(world, bob.name, 6, elsewhere);
      if (quarter % 4 === 0) {
        await inAndOut(world, bob, atHome);
        await failOn(world, bob.name, 2, elsewhere);
        await inAndOut(world, bob, beside);
      }
      world.turn(15 * minute);
    }
    const stranger = await tryToSignIn(world, bob, undefined, elsewhere);
    assert.equal(stranger.status, 401, 'and the last of the delays is over after a quarter of an hour');
  }));

test('from a network that is new to the name the owner signs in at once, as long as there are not too many of these', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const most = defaultLimits.newNetwork.free;
    for (let network = 0; network < most - 1; network += 1) await failOn(world, bob.name, 7, `203.0.113.${network}`);
    const code = { otp: freshCode(world, secretIn(bob)) };
    assert.equal((await tryToSignIn(world, bob, code, home)).status, 200);
  }));

test('beyond that number strangers wait for one another, no longer than the longest delay; a known browser for nobody', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const atHome = await knownBrowser(world, bob);
    for (let network = 0; network < 3 * defaultLimits.newNetwork.free; network += 1) {
      await failOn(world, bob.name, 7, `203.0.113.${network}`);
      world.turn(5 * minute);
    }
    await inAndOut(world, bob, atHome);
    const code = { otp: freshCode(world, secretIn(bob)) };
    const waits = await tryToSignIn(world, bob, code, home);
    assert.equal(waits.status, 429);
    const retryAfter = Number(waits.headers['retry-after']) * 1000;
    assert.ok(retryAfter > 0 && retryAfter <= defaultLimits.password.longestDelay, `${retryAfter}`);
    world.turn(retryAfter);
    const again = { otp: freshCode(world, secretIn(bob)) };
    assert.equal((await tryToSignIn(world, bob, again, home)).status, 200);
  }));

test('who knows the password too delays the code everywhere but in a known browser', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const atHome = await knownBrowser(world, bob);
    const { cutOff } = defaultLimits.allOtp;
    let refused = 0;
    while (refused < cutOff - 1) {
      const wrong = { otp: wrongCode(world, secretIn(bob)) };
      const { status } = await tryToSignIn(world, bob, wrong, elsewhere);
      if (status === 401) refused += 1;
      if (refused % 10 === 0) await inAndOut(world, bob, atHome);
      if (status === 429) world.turn(hour);
    }
    await inAndOut(world, bob, atHome);
    // The owner’s right codes forgive his own wrong ones, and none of the attacker’s.
    world.turn(hour);
    await tryToSignIn(world, bob, { otp: wrongCode(world, secretIn(bob)) }, elsewhere);
    await givePassword(atHome, bob);
    await atHome.submit({ otp: freshCode(world, secretIn(bob)) });
    assert.equal(atHome.status, 429, 'the authenticator is off now');
    // And then he still has the recovery codes, with tries of his own.
    for (let time = 0; time < 12; time += 1)
      await tryToSignIn(world, bob, { recovery_code: 'AAAA-BBBB-CCCC-DDDD-EEEE-FFFF' }, elsewhere);
    await atHome.open('/sign-in/recovery-code');
    await atHome.submit({ recovery_code: recoveryCodeOf(bob).recovery_code });
    assert.equal(atHome.path, '/account', atHome.text);
  }));

test('a stranger without the password cannot move the count of the second factor, by no way', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const atHome = await knownBrowser(world, bob);
    const browser = atHome.cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
    const code = { otp: wrongCode(world, secretIn(bob)) };
    for (let time = 0; time < 30; time += 1) {
      const from = `203.0.113.${time}`;
      await tryToSignIn(world, { basic: `${bob.name}:wrong` }, code, from);
      await tryToSignIn(world, { basic: `${bob.name}:wrong` }, { recovery_code: 'AAAA' }, from);
      for (const headers of [{}, { cookie: browser }, { cookie: 'countersign-sign-in=csh_guessed' }]) {
        for (const [url, form] of [
          ['/sign-in/code', code],
          ['/sign-in/recovery-code', { recovery_code: 'AAAA' }],
          ['/reauthenticate', { password: 'wrong', ...code }],
        ] as const)
          await world.call('POST', url, { form, headers, from });
      }
      await world.call('POST', `/auth/credentials?otp=${code.otp}`, { basic: ':', from });
      await world.call('POST', '/auth/reauthenticate', { body: { password: 'wrong', ...code }, from });
      await world.call('PUT', '/auth/otp/enable', { body: { enabled: false, ...code }, from });
    }
    world.turn(hour);
    const statuses: number[] = [];
    for (let time = 0; time < 6; time += 1)
      statuses.push((await tryToSignIn(world, bob, { otp: wrongCode(world, secretIn(bob)) }, home)).status);
    assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429], 'as if nobody had ever tried');
    await inAndOut(world, bob, atHome);
  }));

test('nobody uses up the tries of a known browser by having it send guesses to the API from a page elsewhere', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const atHome = await knownBrowser(world, bob);
    const cookie = atHome.cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
    const headers = { cookie, 'sec-fetch-site': 'same-site', origin: 'https://blog.example' };
    for (let time = 0; time < 7; time += 1)
      await world.call('POST', '/auth/credentials', { basic: `${bob.name}:guess`, headers, from: home });
    await inAndOut(world, bob, atHome);
  }));
