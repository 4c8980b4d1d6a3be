import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { day, hour, minute, second } from '../../src/clock.ts';
import { mostSessions } from '../../src/sessions/sessions.ts';
import { quickHash } from '../quick-hash.ts';
import { type Answer, freshCode, inWorld, makePerson, makePersonWithCode, signIn, type World } from '../server.ts';
import { dump } from '../tables.ts';
import { assertProblem, isAlive, reauthenticate, recoveryCodeOf, tokenOf } from './steps.ts';

const list = (world: World, token: string): Promise<Answer> => world.call('GET', '/auth/sessions', { token });
const end = (world: World, token: string, id = ''): Promise<Answer> =>
  world.call('DELETE', `/auth/sessions${id}`, { token });

test('a session ends after 24 hours, whatever it does', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const { body } = await world.call('POST', '/auth/credentials', { basic: alice.basic });
    assert.equal(Date.parse(body.expires_at), world.now() + day);
    for (let hours = 0; hours < 23; hours += 1) {
      world.turn(hour);
      assert.equal(await isAlive(world, body.token), true);
    }
    world.turn(hour - 1);
    assert.equal(await isAlive(world, body.token), true);
    world.turn(1);
    const over = await world.call('GET', '/whoami', { token: body.token });
    assertProblem(over, 401, 'unauthenticated');
    assert.equal(over.headers['www-authenticate'], 'Bearer realm="Countersign", error="invalid_token"');
  }));

test('a session of one factor may rest; one of two ends after an idle hour', () =>
  inWorld(async (world) => {
    const alone = await signIn(world, await makePerson(world));
    const two = await signIn(world, await makePersonWithCode(world));
    world.turn(hour - 1);
    assert.equal(await isAlive(world, two), true);
    world.turn(hour - 1);
    assert.equal(await isAlive(world, two), true);
    world.turn(hour);
    assert.equal(await isAlive(world, two), false);
    assert.equal(await isAlive(world, alone), true);
  }));

test('a session that switched the second factor on is one of two factors, and rests no longer than an hour', () =>
  inWorld(async (world) => {
    const token = await signIn(world, await makePerson(world));
    await world.call('PUT', '/auth/otp/enable', { token, body: { enabled: true } });
    world.turn(hour + minute);
    assert.equal(await isAlive(world, token), false);
  }));

test('how long a session lives and rests is an option', () =>
  inWorld(
    async (world) => {
      const alone = await signIn(world, await makePerson(world));
      const bob = await makePersonWithCode(world);
      const two = await signIn(world, bob);
      world.turn(minute);
      assert.equal(await isAlive(world, two), false);
      assert.equal((await list(world, await signIn(world, bob))).body.sessions.length, 1);
      world.turn(hour - 2 * minute - 30 * second);
      assert.equal(await isAlive(world, alone), true);
      world.turn(minute);
      assert.equal(await isAlive(world, alone), false);
    },
    { sessionLifetime: hour, sessionIdle: minute },
  ));

test('the hundred-and-first session ends the oldest', () =>
  inWorld(
    async (world) => {
      const alice = await makePerson(world);
      const tokens: string[] = [];
      assert.equal(mostSessions, 100);
      for (let index = 0; index <= mostSessions; index += 1) {
        world.turn(second);
        tokens.push(await tokenOf(world, alice));
      }
      const alive = await Promise.all(tokens.map((token) => isAlive(world, token)));
      assert.deepEqual([alive[0], alive.filter(Boolean).length], [false, 100]);
      assert.equal((await list(world, tokens[100] ?? '')).body.sessions.length, 100);
    },
    {},
    { argon2: quickHash },
  ));

test('the list says where and how somebody signed in, newest first, and which session asks', () =>
  inWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const first = await tokenOf(world, bob, recoveryCodeOf(bob));
    const otp = freshCode(world, bob.secret ?? Buffer.alloc(0));
    const headers = { 'user-agent': `Phone ${'x'.repeat(300)}` };
    const second = await world.call('POST', '/auth/credentials', {
      basic: bob.basic,
      body: { otp },
      from: '2001:db8::7',
      headers,
    });
    const { body } = await list(world, first);
    assert.deepEqual(
      body.sessions.map(({ current, proved, address }) => ({ current, proved, address })),
      [
        { current: false, proved: ['password', 'otp'], address: '2001:db8::7' },
        { current: true, proved: ['password', 'recovery_code'], address: '127.0.0.1' },
      ],
    );
    assert.equal(body.sessions[0]?.user_agent, headers['user-agent'].slice(0, 256));
    const { session } = (await world.call('GET', '/me', { token: second.body.token })).body;
    assert.equal(session.id, body.sessions[0]?.id);
    assert.equal(second.headers['set-cookie'], undefined);
  }));

test('one session, the current one, or all others can be ended', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const tokens: string[] = [];
    for (let index = 0; index < 4; index += 1) tokens.push(await signIn(world, alice));
    const [desk = '', phone = '', tablet = ''] = tokens;
    const alive = () => Promise.all(tokens.map((token) => isAlive(world, token)));
    const { session } = (await world.call('GET', '/me', { token: phone })).body;
    assert.equal((await end(world, desk, `/${session.id}`)).status, 204);
    assert.deepEqual(await alive(), [true, false, true, true]);
    assertProblem(await end(world, desk, `/${session.id}`), 404, 'not_found');
    assert.equal((await end(world, tablet, '/current')).status, 204);
    assert.deepEqual(await alive(), [true, false, false, true]);
    assert.equal((await end(world, desk)).status, 204);
    assert.deepEqual(await alive(), [true, false, false, false]);
    assert.equal((await end(world, desk)).status, 204);
    const own = (await world.call('GET', '/me', { token: desk })).body.session.id;
    assert.equal((await end(world, desk, `/${own}`)).status, 204);
    assert.deepEqual(await alive(), [false, false, false, false]);
    assertProblem(await end(world, desk, '/current'), 401, 'unauthenticated');
  }));

test("other people's sessions are not found, and not ended", () =>
  inWorld(async (world) => {
    const alice = await signIn(world, await makePerson(world));
    const eve = await signIn(world, await makePerson(world, 'eve'));
    const { session } = (await world.call('GET', '/me', { token: alice })).body;
    assertProblem(await end(world, eve, `/${session.id}`), 404, 'not_found');
    await end(world, eve);
    assert.equal(await isAlive(world, alice), true);
    assert.equal((await list(world, eve)).body.sessions.length, 1);
  }));

test('a token has 256 bits and a prefix that scanners know, and only its hash is stored', () =>
  inWorld(async (world) => {
    const token = await signIn(world, await makePerson(world));
    assert.match(token, /^csn_[A-Za-z0-9_-]{43}$/);
    const [row] = dump(world)['sessions'] ?? [];
    assert.deepEqual(Buffer.from(row?.['token_hash'] as Uint8Array), createHash('sha256').update(token).digest());
    assert.equal(JSON.stringify(dump(world)).includes(token), false);
    assert.equal(world.log().includes(token), false);
  }));

test('a token is made by the service and never taken from the client', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const fixed = `csn_${'A'.repeat(43)}`;
    const sent = await world.call('POST', '/auth/credentials', {
      basic: alice.basic,
      headers: { cookie: `countersign=${fixed}; __Host-countersign=${fixed}` },
    });
    assert.notEqual(sent.body.token, fixed);
    assert.equal(await isAlive(world, fixed), false);
    const again = await tokenOf(world, alice);
    assert.notEqual(again, sent.body.token);
    const { body } = await reauthenticate(world, again, { password: alice.password });
    assert.notEqual(body.token, again);
    assert.equal(await isAlive(world, sent.body.token), true);
  }));

test('what is no token of ours opens nothing', () =>
  inWorld(async (world) => {
    const token = await signIn(world, await makePerson(world));
    for (const wrong of ['', 'x', token.slice(4), `${token}x`, token.toLowerCase(), `${token} ${token}`]) {
      const answer = await world.call('GET', '/whoami', { token: wrong });
      assertProblem(answer, 401, 'unauthenticated');
      assert.equal(answer.headers['www-authenticate'], 'Bearer realm="Countersign", error="invalid_token"');
    }
    for (const headers of [
      {},
      { authorization: '' },
      { authorization: 'Basic YTpi' },
      { cookie: `token=${token}` },
      { cookie: `__Host-countersign=${token}` },
      { cookie: `countersign-sign-in=${token}` },
    ]) {
      const answer = await world.call('GET', '/whoami', { headers });
      assert.deepEqual([answer.status, answer.headers['www-authenticate']], [401, 'Bearer realm="Countersign"']);
    }
    for (const wrong of ['x', token.slice(4), `${token}x`, token.toLowerCase()]) {
      const { status } = await world.call('GET', '/whoami', { headers: { cookie: `countersign=${wrong}` } });
      assert.equal(status, 401);
    }
    const both = { cookie: `countersign=${token}`, authorization: 'Bearer x' };
    assert.equal((await world.call('GET', '/whoami', { headers: both })).status, 401, 'a wrong token is wrong');
    assert.equal((await world.call('GET', `/whoami?access_token=${token}`)).status, 401);
  }));

test('sessions outlive a restart; ended ones stay ended', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const [kept, ended] = [await signIn(world, alice), await signIn(world, alice)];
    await end(world, ended, '/current');
    await world.restart();
    assert.equal(await isAlive(world, kept), true);
    assert.equal(await isAlive(world, ended), false);
  }));
