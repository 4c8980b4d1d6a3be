import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hour } from '../../src/clock.ts';
import { defaultLimits } from '../../src/throttle/throttle.ts';
import { listen } from '../listening.ts';
import { quickHash } from '../quick-hash.ts';
import { codeAt, inWorld, makePersonWithCode, type Person, type World, wrongCode } from '../server.ts';
import { secretIn } from '../stories/in-a-browser.ts';
import { recoveryCodeOf } from '../stories/steps.ts';
import { dump } from '../tables.ts';
import { basicOf, type Connections, connections, cookieIn, sideBySide } from './flood.ts';

/**
 * for recovery codes: somebody who knows the password guesses the second factor over two hundred
 * connections (fifty with recovery codes), each from an address of its own, as a program, on a half sign-in, and on ever
 * new ones.
 */
const lines = { otp: 200, recovery_code: 50 };

interface Attack {
  world: World;
  victim: Person;
  url: string;
  by: Connections;
  /** What is sent that is wrong now. */
  wrong(): { otp: string } | { recovery_code: string };
  /** Kept half sign-ins, one a line. */
  halves: Map<number, string>;
}

/** One try of one line, and what it takes to make it. */
async function tryOnce({ url, by, victim, wrong, halves }: Attack, line: number): Promise<void> {
  const headers = { 'x-forwarded-for': `203.0.${line % 113}.${line}` };
  const code = wrong();
  if (line % 3 === 0) {
    const reply = await by.send(`${url}/auth/credentials`, {
      headers: { ...headers, ...basicOf(victim.basic) },
      json: code,
    });
    assert.ok(reply.status === 401 || reply.status === 429, `${reply.status} ${reply.text}`);
    return;
  }
  const half = halves.get(line) ?? (await begin({ url, by, victim }, headers));
  if (line % 3 === 1) halves.set(line, half);
  const step = 'otp' in code ? 'code' : 'recovery-code';
  const cookie = `countersign-sign-in=${half}`;
  const reply = await by.send(`${url}/sign-in/${step}`, { headers: { ...headers, cookie }, form: { ...code } });
  assert.ok([422, 429, 303].includes(reply.status), `${reply.status} ${reply.text}`);
  assert.equal(cookieIn(reply, 'countersign'), undefined, 'nobody is signed in');
}

async function begin(
  { url, by, victim }: Pick<Attack, 'url' | 'by' | 'victim'>,
  headers: Record<string, string>,
): Promise<string> {
  const form = { username: victim.name, password: victim.password };
  const reply = await by.send(`${url}/sign-in`, { headers, form });
  assert.equal(reply.status, 303, reply.text);
  return cookieIn(reply, 'countersign-sign-in') ?? '';
}

/** Wrong codes that were judged, as the audit log has them: one row each. */
function judged(world: World): number {
  return (dump(world)['audit'] ?? []).filter((row) => /wrong otp/.test(String(row['detail']))).length;
}

/** Runs the attack of `kind` on somebody, once with each server that `again` starts. */
async function attackOn(
  world: World,
  victim: Person,
  kind: 'otp' | 'recovery_code',
  work: (attack: Attack) => Promise<void>,
): Promise<void> {
  const by = connections(lines[kind]);
  const wrong: Attack['wrong'] = () =>
    kind === 'otp' ? { otp: wrongCode(world, secretIn(victim)) } : { recovery_code: 'AAAA-BBBB-CCCC-DDDD-EEEE-FFFF' };
  try {
    const { url } = await listen(world);
    await work({ world, victim, url, by, wrong, halves: new Map() });
  } finally {
    by.close();
  }
}

/** The password is right, and never waits for room: what is counted here is the second factor alone. */
const limits = { newNetwork: { ...defaultLimits.newNetwork, free: 100_000 } };

const inWatchedWorld = (story: (world: World) => Promise<void>): Promise<void> =>
  inWorld(story, { trustProxy: ['127.0.0.1'], logLevel: 'silent' }, { argon2: quickHash, limits });

for (const kind of ['otp', 'recovery_code'] as const) {
  const shape = kind === 'otp' ? defaultLimits.otp : defaultLimits.recoveryCode;
  const many = lines[kind];
  test(`${many} connections get no more than ${shape.free} wrong codes judged before the first delay, nor any over a restart (${kind})`, () =>
    inWatchedWorld(async (world) => {
      const bob = await makePersonWithCode(world);
      await attackOn(world, bob, kind, async (attack) => {
        await sideBySide(many, kind === 'otp' ? 2 : 1, (line) => tryOnce(attack, line));
        assert.equal(judged(world), shape.free);
      });
      await world.restart();
      await attackOn(world, bob, kind, async (attack) => {
        await sideBySide(many, 1, (line) => tryOnce(attack, line));
        assert.equal(judged(world), shape.free);
      });
      const right = kind === 'otp' ? { otp: codeAt(secretIn(bob), world.now() + 30_000) } : recoveryCodeOf(bob);
      const refused = await world.call('POST', '/auth/credentials', { basic: bob.basic, body: right });
      assert.deepEqual(
        [refused.status, refused.headers['retry-after']],
        [429, '30'],
        'a right one is not judged either',
      );
      world.turn(shape.firstDelay);
      const accepted = await world.call('POST', '/auth/credentials', { basic: bob.basic, body: right });
      assert.equal(accepted.status, 200, 'and so is not spent');
    }));
}

test('whoever has all the time there is gets a hundred wrong codes judged, one a delay, and then none for ever', () =>
  inWatchedWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const { free, longestDelay } = defaultLimits.otp;
    const { cutOff } = defaultLimits.allOtp;
    await attackOn(world, bob, 'otp', async (attack) => {
      await sideBySide(9, 2, (line) => tryOnce(attack, line));
      for (let delay = 0; delay < cutOff; delay += 1) {
        world.turn(longestDelay);
        attack.halves.clear();
        await sideBySide(3, 1, (line) => tryOnce(attack, line));
        assert.equal(judged(world), Math.min(cutOff, free + delay + 1));
      }
    });
    await world.restart();
    world.turn(1000 * hour);
    const otp = codeAt(secretIn(bob), world.now());
    const { status, headers, body } = await world.call('POST', '/auth/credentials', {
      basic: bob.basic,
      body: { otp },
    });
    assert.deepEqual(
      [status, headers['retry-after'], body],
      [429, undefined, { token: null, status: 4, rebind: true }],
    );
    assert.equal(judged(world), cutOff);
  }));

test('recovery codes are guessed no faster than one a delay, and never switched off', () =>
  inWatchedWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const { free, longestDelay } = defaultLimits.recoveryCode;
    await attackOn(world, bob, 'recovery_code', async (attack) => {
      await sideBySide(9, 2, (line) => tryOnce(attack, line));
      for (let delay = 0; delay < 20; delay += 1) {
        world.turn(longestDelay);
        attack.halves.clear();
        await sideBySide(3, 1, (line) => tryOnce(attack, line));
        assert.equal(judged(world), free + delay + 1);
      }
    });
    world.turn(longestDelay);
    const right = await world.call('POST', '/auth/credentials', { basic: bob.basic, body: recoveryCodeOf(bob) });
    assert.equal(right.status, 200);
  }));
