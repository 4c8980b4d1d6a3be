import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { hour, minute } from '../../src/clock.ts';
import { defaultLimits } from '../../src/throttle/throttle.ts';
import { makePersonWithPasskey, type PasskeyPerson, signInWithPasskey } from '../passkeys.ts';
import { inQuickWorld } from '../quick-world.ts';
import { makePersonWithCode, type World, wrongCode } from '../server.ts';
import { kept, secretIn } from '../stories/in-a-browser.ts';
import { usePasskey } from '../stories/passkey-form.ts';
import { tryToSignIn } from '../stories/steps.ts';
import { dump } from '../tables.ts';
import { type Visitor, visit } from '../visitor.ts';

/** A-07, of passkeys: nothing that somebody fails at keeps their owner out. */

const home = '198.51.100.7';
const elsewhere = '203.0.113.9';
const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const most = defaultLimits.passkey.free;

/** Sends what a passkey answers, or an imitation of it, as a program does; answers the status. */
async function send(world: World, { device }: PasskeyPerson, from: string, forged = false): Promise<number> {
  return (await signInWithPasskey(world, device, forged ? { key } : {}, { from })).status;
}

/** Imitates a passkey until that is refused unheard. */
async function failAtPasskey(world: World, person: PasskeyPerson, from: string): Promise<void> {
  for (let time = 0; time < most; time += 1) assert.equal(await send(world, person, from, true), 401);
  assert.equal(await send(world, person, from, true), 429);
}

/** Signs in by a passkey on the pages, at once, and out again: the browser stays known. */
async function inAndOut({ device }: PasskeyPerson, visitor: Visitor): Promise<void> {
  await usePasskey(await visitor.open('/sign-in'), device);
  assert.equal(visitor.path, '/account', visitor.text);
  await visitor.post('/sign-out', {});
}

test('all day long the owner of a passkey signs in at once, from wherever somebody fails at the password and the code', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const carol = await makePersonWithPasskey(world);
    for (let quarter = 0; quarter < 24 * 4; quarter += 1) {
      for (const from of [home, elsewhere]) {
        for (let time = 0; time < 6; time += 1) {
          const { status } = await tryToSignIn(world, { basic: `${carol.name}:guess ${time}` }, undefined, from);
          assert.ok([401, 429].includes(status));
        }
        await tryToSignIn(world, bob, { otp: wrongCode(world, secretIn(bob)) }, from);
        await tryToSignIn(world, carol, { recovery_code: 'AAAA-BBBB-CCCC-DDDD-EEEE-FFFF' }, from);
      }
      if (quarter % 4 === 0) assert.equal(await send(world, carol, home), 200);
      world.turn(15 * minute);
    }
  }));

test('imitations of a passkey keep its owner out nowhere, not even beside the attacker', () =>
  inQuickWorld(async (world) => {
    const carol = await makePersonWithPasskey(world);
    for (let time = 0; time < 6; time += 1) {
      await failAtPasskey(world, carol, elsewhere);
      assert.equal(await send(world, carol, home), 200);
      assert.equal(await send(world, carol, elsewhere), 200, 'a stranger, for all we know');
      await inAndOut(carol, visit(world, { from: elsewhere }));
      assert.equal(await send(world, carol, elsewhere, true), 429, 'what is right clears nothing for what is not');
      world.turn(10 * minute);
    }
  }));

test('nobody uses up the tries of a known browser by having it send imitations to the API', () =>
  inQuickWorld(async (world) => {
    const carol = await makePersonWithPasskey(world);
    const atHome = visit(world, { from: home });
    await inAndOut(carol, atHome);
    const cookie = `countersign-browser=${kept(atHome, 'countersign-browser')}`;
    for (let time = 0; time <= most; time += 1)
      await signInWithPasskey(world, carol.device, { key }, { headers: { cookie }, from: home });
    await usePasskey(await atHome.open('/sign-in'), carol.device, { wrong: { key } });
    assert.equal(atHome.status, 401, 'its own tries are all there');
    await inAndOut(carol, atHome);
  }));

test('imitations that are refused unheard leave nothing behind, and however many there were, a passkey is never off', () =>
  inQuickWorld(async (world) => {
    const carol = await makePersonWithPasskey(world);
    for (let hours = 0; hours < 3; hours += 1) {
      await failAtPasskey(world, carol, elsewhere);
      const before = dump(world);
      for (let time = 0; time < most; time += 1) assert.equal(await send(world, carol, elsewhere, true), 429);
      assert.deepEqual(dump(world), before);
      world.turn(hour);
    }
    assert.equal(await send(world, carol, elsewhere), 200);
  }));
