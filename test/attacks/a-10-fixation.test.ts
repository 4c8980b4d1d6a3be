import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inQuickWorld } from '../quick-world.ts';
import { freshCode, makePersonWithCode, type Person, signIn, type World } from '../server.ts';
import { begin, cookiesIn, finish, secretIn } from '../stories/in-a-browser.ts';

/** an attacker puts cookies into a browser before its owner signs in there, and waits. */

const cookieNames = ['countersign', 'countersign-sign-in', 'countersign-browser'];

/** Gives password and code with these cookies planted, as the browser does; answers every cookie that it was given. */
async function signInWith(world: World, person: Person, planted: Record<string, string>) {
  const { name, password } = person;
  const jar = new Map(Object.entries(planted));
  const given = new Map<string, string>();
  const post = async (url: string, form: Record<string, string>): Promise<number> => {
    const cookie = [...jar].map((pair) => pair.join('=')).join('; ');
    const answer = await world.call('POST', url, { form, headers: { cookie } });
    for (const line of cookiesIn(answer)) {
      const [pair = ''] = line.split(';');
      const at = pair.indexOf('=');
      const [cookieName, value] = [pair.slice(0, at), pair.slice(at + 1)];
      jar.set(cookieName, value);
      if (value !== '') given.set(cookieName, value);
    }
    return answer.status;
  };
  assert.equal(await post('/sign-in?countersign=csn_planted', { username: name, password }), 422);
  assert.equal(await post('/sign-in', { username: name, password }), 303);
  assert.equal(await post('/sign-in/code', { otp: freshCode(world, secretIn(person)) }), 303);
  return given;
}

async function whoIs(world: World, token: string): Promise<string> {
  const asCookie = await world.call('GET', '/whoami', { headers: { cookie: `countersign=${token}` } });
  const asBearer = await world.call('GET', '/whoami', { token });
  assert.equal(asCookie.status, asBearer.status);
  return asBearer.status === 200 ? asBearer.text : 'nobody';
}

test('cookies planted before a sign-in, made up or good ones of somebody else, are not what is kept and open nothing', () =>
  inQuickWorld(async (world) => {
    const mallory = await makePersonWithCode(world, 'mallory');
    const bob = await makePersonWithCode(world, 'bob');
    const made = 'A'.repeat(43);
    const hers = await signInWith(world, mallory, {});
    const planted: Record<string, string>[] = [
      Object.fromEntries(cookieNames.map((name) => [name, `csn_${made}`])),
      { countersign: `csn_${made}`, 'countersign-sign-in': `csh_${made}`, 'countersign-browser': `csb_${made}` },
      { ...Object.fromEntries(hers), countersign: await signIn(world, mallory) },
      { 'countersign-sign-in': await begin(world, mallory) },
    ];
    for (const cookies of planted) {
      const given = await signInWith(world, bob, cookies);
      const token = given.get('countersign') ?? '';
      assert.equal(await whoIs(world, token), '"bob"');
      for (const value of Object.values(cookies)) {
        assert.ok(![...given.values()].includes(value), 'what was planted is kept');
        assert.notEqual(await whoIs(world, value), '"bob"');
      }
    }
  }));

test('a browser that somebody else is known by, planted, is not known to the one who signs in there', () =>
  inQuickWorld(async (world) => {
    const hers = await signInWith(world, await makePersonWithCode(world, 'mallory'), {});
    const bob = await makePersonWithCode(world);
    const planted = { 'countersign-browser': hers.get('countersign-browser') ?? '' };
    assert.match(planted['countersign-browser'], /^csb_/);
    await signInWith(world, bob, planted);
    const guess = async (cookie: string): Promise<number> => {
      const form = { username: bob.name, password: 'a guess' };
      return (await world.call('POST', '/sign-in', { form, headers: { cookie }, from: '203.0.113.66' })).status;
    };
    for (let time = 0; time < 5; time += 1) assert.equal(await guess(''), 422);
    assert.equal(await guess(`countersign-browser=${planted['countersign-browser']}`), 429, 'and gains no try by it');
  }));

test('a half sign-in planted by somebody who knows the password gives the one who planted it nothing', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const planted = await begin(world, bob, '203.0.113.66');
    const answer = await finish(world, planted, { otp: freshCode(world, secretIn(bob)) });
    assert.equal(answer.status, 303, 'bob gives his code in the browser where it was planted');
    const token = /^countersign=([^;]+)/.exec(cookiesIn(answer).find((line) => line.startsWith('countersign=')) ?? '');
    assert.equal(await whoIs(world, token?.[1] ?? ''), '"bob"');
    assert.equal(await whoIs(world, planted), 'nobody');
    const again = await finish(world, planted, { otp: freshCode(world, secretIn(bob)) });
    assert.deepEqual([again.status, again.headers['location']], [303, '/sign-in?done=expired']);
    assert.equal(
      cookiesIn(again).some((line) => /^countersign=csn_/.test(line)),
      false,
    );
  }));
