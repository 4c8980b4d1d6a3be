import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day } from '../../src/clock.ts';
import { quickHash } from '../quick-hash.ts';
import { inWorld, makePerson, makePersonWithCode, signIn, type World } from '../server.ts';
import { alter } from '../tables.ts';
import { list, logged, make, type Program, withProgram } from './program.ts';
import { assertProblem, isAlive, meanwhile, tokenOf, watchArgon2 } from './steps.ts';

test('a program with a token creates, finds, changes and deletes users', () =>
  withProgram(async (world, { program, ask }) => {
    assert.match(program.token, /^css_[\w-]{43}$/);
    const made = await ask('POST', '', { name: 'Alice' });
    assert.deepEqual([made.status, made.body.name, made.body.roles], [201, 'alice', []]);
    assert.match(made.body.link.url, /\/invitation\?token=csl_/);
    const password = 'quite another long password';
    assert.equal((await ask('POST', '', { name: 'bert', password, roles: [] })).status, 201);
    const session = await tokenOf(world, { basic: `bert:${password}` });
    assert.deepEqual(
      (await ask('GET')).body.users.map(({ name }) => name),
      ['alice', 'bert', 'root'],
    );
    assert.equal((await ask('GET', `/${made.body.id}`)).body.name, 'alice');
    const bert = (await ask('GET', '?name=bert')).body.users[0]?.id;
    assert.equal((await ask('PATCH', `/${bert}`, { name: 'albert', disabled: true })).body.name, 'albert');
    assert.equal(await isAlive(world, session), false);
    assert.equal((await ask('DELETE', `/${bert}`)).status, 204);
    const [last] = logged(world, 'user.deleted');
    assert.deepEqual([last?.user_id, last?.actor_id], [bert, `service-token:${program.id}`]);
  }));

test('it counts as fresh, however long ago it was made', () =>
  withProgram(async (world, { ask }) => {
    world.turn(89 * day);
    assert.equal((await ask('POST', '', { name: 'alice' })).status, 201);
  }));

test('it does nothing to administrators, and makes none', () =>
  withProgram(async (world, { root, ask }) => {
    for (const body of [{ disabled: true }, { name: 'boss' }, { roles: [] }, {}])
      assertProblem(await ask('PATCH', `/${root.id}`, body), 403, 'forbidden');
    const refused = await ask('DELETE', `/${root.id}`);
    assertProblem(refused, 403, 'forbidden');
    assert.match(refused.body.detail, /may not change or delete an administrator/);
    const alice = await makePerson(world);
    assertProblem(await ask('POST', '', { name: 'eve', roles: ['administrator'] }), 403, 'forbidden');
    const raised = await ask('PATCH', `/${alice.id}`, { name: 'alicia', roles: ['administrator'] });
    assertProblem(raised, 403, 'forbidden');
    assert.match(raised.body.detail, /roles/);
    assertProblem(await ask('PATCH', `/${alice.id}`, { roles: [] }), 403, 'forbidden');
    assert.deepEqual(
      (await ask('GET')).body.users.map(({ name, roles }) => [name, ...roles]),
      [['alice'], ['root', 'administrator']],
    );
    assert.equal((await ask('GET', `/${root.id}`)).status, 200);
  }));

test('it opens nothing but /users', () =>
  withProgram(async (world, { program }) => {
    const alice = await makePerson(world);
    const session = await signIn(world, alice);
    const { token } = program;
    for (const [method, url] of [
      ['GET', '/me'],
      ['GET', '/whoami'],
      ['GET', '/auth/sessions'],
      ['GET', '/service-tokens'],
      ['POST', '/service-tokens'],
      ['DELETE', `/service-tokens/${program.id}`],
      ['DELETE', `/users/${alice.id}/second-factors`],
      ['POST', `/users/${alice.id}/password-link`],
      ['DELETE', `/users/${alice.id}/sessions`],
    ] as const)
      assertProblem(await world.call(method, url, { token }), 403, 'forbidden');
    assert.equal(await isAlive(world, session), true);
    const cookie = { headers: { cookie: `countersign=${token}` } };
    assertProblem(await world.call('GET', '/users', cookie), 401, 'unauthenticated');
  }));

test('revoked, it is no good from then on', () =>
  withProgram(async (world, { root, token, program, ask }) => {
    const gone = await world.call('DELETE', `/service-tokens/${program.id}`, { token });
    assert.equal(gone.status, 204);
    assertProblem(await ask('GET'), 401, 'unauthenticated');
    assertProblem(await world.call('DELETE', `/service-tokens/${program.id}`, { token }), 404, 'not_found');
    const [made] = logged(world, 'service_token.created');
    const [revoked] = logged(world, 'service_token.revoked');
    assert.deepEqual([made?.actor_id, revoked?.actor_id], [root.id, root.id]);
    assert.deepEqual(JSON.parse(made?.detail ?? ''), { service_token: program.id, name: 'HR import', days: 90 });
    assert.deepEqual(JSON.parse(revoked?.detail ?? ''), { service_token: program.id, name: 'HR import' });
  }));

test('it ends with its maker, and does not come back when the account is given back', () =>
  withProgram(async (world, { root, program, ask }) => {
    const second = await makePersonWithCode(world, 'second', true);
    const token = await signIn(world, second);
    const change = (body: object) => world.call('PATCH', `/users/${root.id}`, { token, body });
    assert.equal((await ask('GET')).status, 200);
    await change({ name: 'renamed' });
    assert.equal((await ask('GET')).status, 200);
    await change({ disabled: true });
    assert.deepEqual([(await ask('GET')).status, await list(world, token)], [401, []]);
    await change({ disabled: false, roles: ['administrator'] });
    assert.equal((await ask('GET')).status, 401, 'giving the account back arms nothing again');
    assertProblem(await world.call('DELETE', `/service-tokens/${program.id}`, { token }), 404, 'not_found');
  }));

test('a token whose maker is no administrator opens nothing, however that came to be', () =>
  withProgram(async (world, { ask }) => {
    alter(world, 'UPDATE users SET administrator = 0');
    assert.equal((await ask('GET')).status, 401);
    alter(world, 'UPDATE users SET administrator = 1, disabled = 1');
    assert.equal((await ask('GET')).status, 401);
    alter(world, 'UPDATE users SET disabled = 0');
    assert.equal((await ask('GET')).status, 200);
  }));

for (const [what, end] of [
  [
    'revoked',
    (world: World, { token, program }: Program) => world.call('DELETE', `/service-tokens/${program.id}`, { token }),
  ],
  [
    'orphaned',
    (world: World, { root }: Program) =>
      world.server.service.admin.change('operator', root.id, { administrator: false }),
  ],
] as const)
  test(`one that is ${what} while its request is under way changes nothing`, async () => {
    const watched = watchArgon2(quickHash);
    await inWorld(
      async (world) => {
        const root = await makePersonWithCode(world, 'root', true);
        const token = await signIn(world, root);
        const { body: program } = await make(world, token, { name: 'HR import' });
        const body = { name: 'alice', password: 'quite another long password' };
        const answer = await meanwhile(
          watched,
          () => world.call('POST', '/users', { token: program.token, body }),
          () => end(world, { root, token, program } as Program),
        );
        assertProblem(answer, 401, 'unauthenticated');
        assert.equal(await world.server.users.find('alice'), undefined);
      },
      {},
      { argon2: watched.argon2 },
    );
  });
