import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { defaultLimits } from '../src/throttle/throttle.ts';
import { halfSignIn } from './inputs.ts';
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
import { formsOf, spellings } from './spellings.ts';
import { alter, dump } from './tables.ts';

/** A stolen database is worthless: it, its WAL and its backups are worthless without the key file. */

test('no secret can be read from the files of the database, in whatever spelling', () =>
  inWorld(async (world) => {
    const { secrets } = await live(world);
    const files = readdirSync(join(world.folder, 'data'));
    assert.deepEqual(files.sort(), ['countersign.db', 'countersign.db-shm', 'countersign.db-wal']);
    const stolen = Buffer.concat(files.map((file) => readFileSync(join(world.folder, 'data', file))));
    assert.ok(stolen.includes('alice') && stolen.includes('sign_in.succeeded'), 'this is the database');
    assert.ok(!stolen.includes('$argon2id$'), 'password hashes are sealed');
    for (const [name, secret] of Object.entries(secrets)) {
      for (const form of formsOf(secret)) assert.ok(!stolen.includes(form), `${name} as ${form.toString()}`);
    }
  }));

test('nothing that is stored opens anything, tried as token, link, password, code or seed', () =>
  inWorld(
    async (world) => {
      const { people } = await live(world);
      const found = new Set(
        Object.values(dump(world))
          .flat()
          .flatMap((row) => Object.values(row))
          .flatMap(spellings),
      );
      assert.ok(found.size > 100);
      const invitation = { form: { password: 'four unrelated plain words' } };
      for (const value of found) {
        if (/^[\x20-\x7e]*$/.test(value)) {
          assert.equal((await world.call('GET', '/me', { token: value })).status, 401, value);
          assert.equal((await world.call('GET', '/users', { token: value })).status, 401, value);
          const headers = { cookie: `countersign=${value}; countersign-sign-in=${value}` };
          assert.equal((await world.call('GET', '/me', { headers })).status, 401, value);
          assert.equal((await world.call('GET', '/sign-in/code', { headers })).status, 303, value);
        }
        for (const { name } of people)
          assert.equal(
            (await world.call('POST', '/auth/credentials', { basic: `${name}:${value}` })).status,
            401,
            value,
          );
        const accepted = await world.call('POST', '/invitation', { form: { ...invitation.form, token: value } });
        assert.ok([404, 422].includes(accepted.status), value);
      }
      const bob = people.find((person) => person.secret);
      assert.ok(bob);
      const codes = [...found].flatMap((value) => [
        { recovery_code: value.slice(0, 128) },
        { otp: value.slice(0, 128) },
        ...(value.length >= 16 ? [{ otp: codeAt(Buffer.from(value, 'latin1'), world.now()) }] : []),
      ]);
      for (const body of codes) {
        const { status } = await world.call('POST', '/auth/credentials', { basic: bob.basic, body });
        assert.equal(status, 401, JSON.stringify(body));
      }
    },
    {},
    { argon2: quickHash, limits: { ...defaultLimits, ...endless } },
  ));

test('a secret moved to the row of another person does not open, and the factor is still demanded', () =>
  inWorld(
    async (world) => {
      const bob = await makePersonWithCode(world, 'bob');
      const mallory = await makePersonWithCode(world, 'mallory');
      alter(
        world,
        'UPDATE authenticators SET secret = (SELECT secret FROM authenticators WHERE user_id = ?) WHERE user_id = ?',
        mallory.id,
        bob.id,
      );
      await failsClosed(world, bob, [secretIn(bob), secretIn(mallory)]);
    },
    {},
    { argon2: quickHash },
  ));

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
        await failsClosed(world, bob, [secretIn(bob)]);
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

test('a password hash moved to another person opens nothing, and looks like a wrong password', () =>
  inWorld(
    async (world) => {
      const alice = await makePerson(world, 'alice');
      const { id } = await world.server.users.create({ name: 'zoe', password: 'mallory knows this one' });
      alter(
        world,
        'UPDATE passwords SET hash = (SELECT hash FROM passwords WHERE user_id = ?) WHERE user_id = ?',
        id,
        alice.id,
      );
      for (const password of ['mallory knows this one', alice.password]) {
        const { status, body } = await world.call('POST', '/auth/credentials', { basic: `alice:${password}` });
        assert.deepEqual([status, body], [401, { token: null, status: 3 }]);
      }
    },
    {},
    { argon2: quickHash },
  ));

const shape = { free: 1_000_000, firstDelay: 1, longestDelay: 1, kept: false, forgottenAfter: 1000 };
const endless = { password: shape, network: shape, otp: shape, recoveryCode: shape };

interface Living {
  people: Person[];
  secrets: Record<string, string | Buffer>;
}

/** A service in use: people with passwords and factors, sessions, a pending secret, links, and a deleted row or two. */
async function live(world: World): Promise<Living> {
  const setupLink = (await world.server.service.setup.makeLink()) ?? '';
  const root = await makePersonWithCode(world, 'root', true);
  const alice = await makePerson(world, 'alice');
  const token = await signIn(world, root);
  const aliceToken = await signIn(world, alice);
  const ended = await signIn(world, alice);
  await world.call('DELETE', '/auth/sessions/current', { token: ended });
  const pending = await secretOf(world, aliceToken);
  const { link } = (await world.call('POST', '/users', { token, body: { name: 'zoe' } })).body;
  const program = (await world.call('POST', '/service-tokens', { token, body: { name: 'sync' } })).body.token;
  assert.equal((await world.call('GET', '/users', { token: program })).status, 200, 'it is good, and noted as used');
  const half = (await halfSignIn(world, root)).split('=')[1] ?? '';
  const otp = freshCode(world, secretIn(root));
  await world.call('POST', '/auth/credentials', { basic: root.basic, body: { otp } });
  const [used = '', ...left] = root.recoveryCodes ?? [];
  await world.call('POST', '/auth/credentials', { basic: root.basic, body: { recovery_code: used } });
  const linkToken = (url: string): string => new URL(url).searchParams.get('token') ?? '';
  const codes = [used, ...left].map((code, index) => [`recovery code ${index}`, code]);
  const key =
    readFileSync(join(world.folder, 'keys', 'countersign.keys'), 'utf8')
      .trim()
      .split(' ')[1] ?? '';
  const secrets: Living['secrets'] = {
    password: alice.password,
    'token of root': token,
    'token of alice': aliceToken,
    'ended token': ended,
    'set-up link': linkToken(setupLink),
    invitation: linkToken(link.url),
    'service token': program,
    'half sign-in': half,
    'pending seed': pending,
    seed: secretIn(root),
    'sealing key': Buffer.from(key, 'base64'),
    ...Object.fromEntries(codes),
  };
  assert.equal(Object.values(secrets).filter((secret) => secret.length < 16).length, 0);
  return { people: [root, alice], secrets };
}

/** With every code that may belong to the secret: refused as unavailable; without one: still asked for. */
async function failsClosed(world: World, person: Person, secrets: Buffer[]): Promise<void> {
  const none = await world.call('POST', '/auth/credentials', { basic: person.basic });
  assert.deepEqual([none.status, none.body], [401, { token: null, status: 1 }]);
  for (const secret of secrets) {
    const { status, body } = await world.call('POST', '/auth/credentials', {
      basic: person.basic,
      body: { otp: freshCode(world, secret) },
    });
    assert.deepEqual([status, body.code, body.token], [503, 'unavailable', undefined]);
  }
}

function secretIn({ secret }: Person): Buffer {
  assert.ok(secret);
  return secret;
}
