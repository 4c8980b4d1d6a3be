import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quickHash } from './quick-hash.ts';
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
} from './server.ts';
import { secretIn } from './stories/in-a-browser.ts';
import { assertRefused, tryToSignIn } from './stories/steps.ts';
import { alter, dump } from './tables.ts';

/** A sealed value opens in its own place and whole, or fails closed. What a thief gets, and values that change places between people, are in `attacks/a-39-…`. */

test('a changed, cut or emptied secret fails closed', () =>
  inWorld(
    async (world) => {
      const bob = await makePersonWithCode(world, 'bob');
      const [row] = dump(world)['authenticators'] ?? [];
      const sealed = Buffer.from(row?.['secret'] as Uint8Array);
      const flipped = Buffer.from(sealed);
      flipped[20] = (flipped[20] ?? 0) ^ 1;
      const otherKey = Buffer.concat([Buffer.from([1, 2]), Buffer.from('k9'), sealed.subarray(11)]);
      for (const broken of [
        flipped,
        sealed.subarray(0, -1),
        sealed.subarray(0, 10),
        Buffer.alloc(0),
        otherKey,
        secretIn(bob),
      ]) {
        alter(world, 'UPDATE authenticators SET secret = ?', broken);
        await failsClosed(world, bob);
      }
      alter(world, 'UPDATE authenticators SET secret = ?', sealed);
      assert.ok(await signIn(world, bob), 'put back, it opens');
    },
    {},
    { argon2: quickHash },
  ));

test('a secret moved from one place of the same person to another does not open either', () =>
  inWorld(
    async (world) => {
      const alice = await makePerson(world);
      const one = await signIn(world, alice);
      const other = await signIn(world, alice);
      await secretOf(world, one);
      const secret = await secretOf(world, other);
      alter(
        world,
        'UPDATE pending_authenticators SET secret = (SELECT secret FROM pending_authenticators ORDER BY rowid DESC LIMIT 1)',
      );
      const shown = await world.call('GET', '/auth/otp/generate', { token: one });
      assert.equal(shown.status, 503);
      const enabled = await world.call('PUT', '/auth/otp/enable', {
        token: one,
        body: { enabled: true, otp: codeAt(secret, world.now()) },
      });
      assert.equal(enabled.status, 503);
    },
    {},
    { argon2: quickHash },
  ));

/** With the right code: refused as unavailable; without one: still asked for. */
async function failsClosed(world: World, person: Person): Promise<void> {
  assertRefused(await tryToSignIn(world, person), 401, 1);
  const { status, body } = await tryToSignIn(world, person, { otp: freshCode(world, secretIn(person)) });
  assert.deepEqual([status, body.code, body.token], [503, 'unavailable', undefined]);
}
