import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, minute } from '../../src/clock.ts';
import { quickHash } from '../quick-hash.ts';
import { type Answer, inWorld, makePerson, makePersonWithCode, signIn, type World } from '../server.ts';
import { dump } from '../tables.ts';
import { inOffice } from './office.ts';
import {
  assertProblem,
  assertRefused,
  generate,
  isAlive,
  meanwhile,
  tokenOf,
  tryToSignIn,
  watchArgon2,
} from './steps.ts';

/** What administrators do for people who have lost what they sign in with, and for accounts in wrong hands. */

const chosen = 'quite another long password';

const makeLink = (world: World, token: string, id: string): Promise<Answer> =>
  world.call('POST', `/users/${id}/password-link`, { token });

const accept = (world: World, url: string, password = chosen): Promise<Answer> =>
  world.call('POST', '/invitation', { form: { token: new URL(url).searchParams.get('token') ?? '', password } });

const details = (world: World, event: string): (string | null)[] =>
  (dump(world)['audit'] as { event: string; detail: string | null }[])
    .filter((row) => row.event === event)
    .map(({ detail }) => detail);

test('a new password that is forced voids the old one, which then is a wrong one', () =>
  inOffice(async (world, { token }) => {
    const alice = await makePerson(world);
    const session = await signIn(world, alice);
    const made = await makeLink(world, token, alice.id);
    assert.deepEqual([made.status, Date.parse(made.body.link.expires_at)], [200, world.now() + 30 * minute]);
    assert.equal(await isAlive(world, session), false);
    const refused = await tryToSignIn(world, alice);
    assertRefused(refused, 401, 3);
    const wrong = await tryToSignIn(world, { basic: 'nobody:wrong' });
    assert.deepEqual([refused.body, refused.status], [wrong.body, wrong.status]);
    assert.equal((await accept(world, made.body.link.url)).status, 200);
    await tokenOf(world, { basic: `alice:${chosen}` });
    assertRefused(await tryToSignIn(world, alice), 401, 3);
    assert.deepEqual(details(world, 'password.link_made'), ['{"forced":true}']);
  }));

test('the tries of a voided password are counted like any other', () =>
  inOffice(async (world, { token }) => {
    const alice = await makePerson(world);
    await makeLink(world, token, alice.id);
    const statuses: number[] = [];
    for (let tries = 0; tries < 6; tries += 1) statuses.push((await tryToSignIn(world, alice)).status);
    assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429]);
  }));

test('forcing a new password ends what is pending, and leaves second factors alone', () =>
  inOffice(async (world, { token }) => {
    const bob = await makePersonWithCode(world);
    const alice = await makePerson(world);
    await generate(world, await signIn(world, alice));
    assert.equal(dump(world)['pending_authenticators']?.length, 1);
    await makeLink(world, token, alice.id);
    assert.deepEqual(dump(world)['pending_authenticators'], []);
    const { body } = await makeLink(world, token, bob.id);
    await accept(world, body.link.url);
    assertRefused(await tryToSignIn(world, { basic: `bob:${chosen}` }), 401, 1);
    await signIn(world, { ...bob, basic: `bob:${chosen}` });
  }));

test('a sign-in that is overtaken by it is a wrong one too', async () => {
  const watched = watchArgon2(quickHash);
  await inWorld(
    async (world) => {
      const alice = await makePerson(world);
      const { newPasswordLink } = world.server.service.admin;
      const answer = await meanwhile(
        watched,
        () => tryToSignIn(world, alice),
        () => newPasswordLink('operator', alice.id),
      );
      assertRefused(answer, 401, 3);
      assert.deepEqual(dump(world)['sessions'], []);
    },
    {},
    { argon2: watched.argon2 },
  );
});

test('a half sign-in does not outlive the password that began it', () =>
  inOffice(async (world, { token }) => {
    const bob = await makePersonWithCode(world);
    const begun = await world.call('POST', '/sign-in', { form: { username: bob.name, password: bob.password } });
    const cookie = [begun.headers['set-cookie']]
      .flat()
      .map(String)
      .find((each) => each.includes('csh_'));
    assert.ok(cookie, begun.text);
    const page = () => world.call('GET', '/sign-in/code', { headers: { cookie: cookie.split(';')[0] ?? '' } });
    assert.equal((await page()).status, 200);
    await makeLink(world, token, bob.id);
    assert.equal((await page()).status, 303);
  }));

test('an invitation that has expired is renewed, and the one before is void', () =>
  inOffice(async (world, { token, root }) => {
    const { body: ivy } = await world.call('POST', '/users', { token, body: { name: 'ivy' } });
    world.turn(8 * day);
    assert.equal((await accept(world, ivy.link.url)).status, 404);
    const again = await signIn(world, root);
    const { body: second } = await makeLink(world, again, ivy.id);
    const { body: third } = await makeLink(world, again, ivy.id);
    assert.equal((await accept(world, second.link.url)).status, 404);
    assert.equal((await accept(world, third.link.url)).status, 200);
    await tokenOf(world, { basic: `ivy:${chosen}` });
    assert.deepEqual(details(world, 'password.link_made'), Array(3).fill('{"forced":false}'));
  }));

test('sessions of somebody else are ended all at once, and the password goes on', () =>
  inOffice(async (world, { token }) => {
    const alice = await makePerson(world);
    const sessions = [await signIn(world, alice), await signIn(world, alice)];
    assert.equal((await world.call('DELETE', `/users/${alice.id}/sessions`, { token })).status, 204);
    assert.deepEqual(await Promise.all(sessions.map((each) => isAlive(world, each))), [false, false]);
    assert.equal((await world.call('DELETE', `/users/${alice.id}/sessions`, { token })).status, 204);
    assert.deepEqual(details(world, 'sessions.ended'), ['{"count":2,"browsers":0}']);
    await tokenOf(world, alice);
    assert.equal(await isAlive(world, token), true);
  }));

test('these too take a fresh administrator, somebody who exists, and somebody else', () =>
  inOffice(async (world, { token, root }) => {
    const alice = await makePerson(world);
    const both = (id: string, by: string) => [
      () => world.call('POST', `/users/${id}/password-link`, { token: by }),
      () => world.call('DELETE', `/users/${id}/sessions`, { token: by }),
    ];
    for (const each of both('nobody', token)) assertProblem(await each(), 404, 'not_found');
    for (const each of both(root.id, token)) assertProblem(await each(), 403, 'forbidden');
    const ordinary = await signIn(world, await makePersonWithCode(world));
    for (const each of both(alice.id, ordinary)) assertProblem(await each(), 403, 'forbidden');
    world.turn(10 * minute);
    for (const each of both(alice.id, token)) assertProblem(await each(), 403, 'reauthentication_required');
    await tokenOf(world, alice);
  }));

test('users are found by a piece of their names, in whatever case, and signs are only signs', () =>
  inOffice(async (world, { token }) => {
    for (const name of ['anna', 'hanna', 'ann_e', 'annie', '100%', 'back\\slash', 'ςίγμα'])
      await makePerson(world, name);
    const find = async (text: string, more = ''): Promise<string[]> => {
      const answer = await world.call('GET', `/users?name=${encodeURIComponent(text)}${more}`, { token });
      return answer.body.users.map(({ name }) => name);
    };
    assert.deepEqual(await find('ANN'), ['ann_e', 'anna', 'annie', 'hanna']);
    assert.deepEqual(await find('n_'), ['ann_e']);
    assert.deepEqual(await find('%'), ['100%']);
    assert.deepEqual(await find('\\'), ['back\\slash']);
    assert.deepEqual(await find('Σ'), ['σίγμα']);
    assert.deepEqual(await find('ＡＮＮＡ'), ['anna', 'hanna']);
    assert.deepEqual(await find('zz'), []);
    assert.equal((await find('')).length, 8);
    const first = await world.call('GET', '/users?name=ann&limit=3', { token });
    assert.deepEqual(await find('ann', `&limit=3&cursor=${first.body.next}`), ['hanna']);
  }));

test('a link that is out is void once its account is given more, or is disabled', () =>
  inOffice(async (world, { token }) => {
    for (const [name, body] of [
      ['promoted', { roles: ['administrator'] }],
      ['disabled', { disabled: true }],
    ] as const) {
      const { id, link } = (await world.call('POST', '/users', { token, body: { name } })).body;
      assert.equal((await world.call('PATCH', `/users/${id}`, { token, body })).status, 200);
      await world.call('PATCH', `/users/${id}`, { token, body: { disabled: false } });
      assert.equal((await accept(world, link.url)).status, 404, name);
    }
    const { id, link } = (await world.call('POST', '/users', { token, body: { name: 'renamed' } })).body;
    await world.call('PATCH', `/users/${id}`, { token, body: { name: 'another' } });
    assert.equal((await accept(world, link.url)).status, 200, 'a new name voids nothing');
  }));

test('an invitation lives seven days, also one made anew; a link in place of a password thirty minutes', () =>
  inOffice(async (world, { token }) => {
    const lives = async (id: string): Promise<number> =>
      Date.parse((await makeLink(world, token, id)).body.link.expires_at) - world.now();
    const { id } = (await world.call('POST', '/users', { token, body: { name: 'invited' } })).body;
    assert.equal(await lives(id), 7 * day);
    const alice = await makePerson(world);
    assert.equal(await lives(alice.id), 30 * minute);
    assert.equal(await lives(alice.id), 30 * minute, 'and the next one');
  }));
