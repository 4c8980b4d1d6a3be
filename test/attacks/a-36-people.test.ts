/** Passkeys: each is one person's, and what is told of it to others is the same for all. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultLimits } from '../../src/throttle/throttle.ts';
import type { Credential, Wrong } from '../authenticator.ts';
import { askToSignIn, signInWithPasskey } from '../passkeys.ts';
import { inQuickWorld } from '../quick-world.ts';
import type { Answer, World } from '../server.ts';
import { alter, dump } from '../tables.ts';
import { assertNotTaken, assertTaken, begin, kinds, type Member, makeMember, standing } from './ceremonies.ts';

const signing = kinds.filter((kind) => kind !== 'registration');

test('the passkey of one person finishes no sign-in, and proves no session, of another', () =>
  inQuickWorld(async (world) => {
    const [carol, mallory] = [await makeMember(world, 'carol'), await makeMember(world, 'mallory')];
    const [his] = mallory.device.held;
    const [hers] = carol.device.held;
    for (const kind of ['second factor', 'reauthentication'] as const) {
      // With her name on it, and the id of hers, it is signed by his key still.
      const as: Wrong[] = [{}, { handle: hers?.handle ?? '' }, { handle: null }];
      for (const wrong of as) {
        const begun = await begin(world, kind, carol);
        const ownWords = { rpId: 'localhost', challenge: begun.challenge, userVerification: '', allowCredentials: [] };
        await assertNotTaken(world, begun, mallory.device.get(ownWords, wrong), 'signature');
      }
      const begun = await begin(world, kind, carol);
      await assertNotTaken(world, begun, begun.answer({ ...(his && { key: his.key }) }), 'signature');
    }
  }));

/** What a stranger can compare, but for what is new each time, and what tells a browser to forget a passkey. */
function seen({ status, headers, body }: Answer): unknown {
  const { 'request-id': _, 'content-length': __, date: ___, ...rest } = headers;
  const { reason, ...said } = body;
  return { status, headers: rest, said, reason };
}

test('unknown, wrong and disabled look alike, but for the reason by which a device forgets what nobody has', () =>
  inQuickWorld(async (world) => {
    const [carol, dave, gone] = [
      await makeMember(world, 'carol'),
      await makeMember(world, 'dave'),
      await makeMember(world, 'gone'),
    ];
    alter(world, 'UPDATE users SET disabled = 1 WHERE id = ?', dave.id);
    alter(world, 'DELETE FROM users WHERE id = ?', gone.id);
    const wrong = { signature: Buffer.alloc(70, 1) };
    const member = seen(await signInWithPasskey(world, carol.device, wrong));
    assert.deepEqual(seen(await signInWithPasskey(world, dave.device)), member, 'disabled, and right');
    assert.deepEqual(seen(await signInWithPasskey(world, dave.device, wrong)), member, 'disabled, and wrong');
    const unknown = { ...(member as object), reason: 'unknown_credential' };
    assert.deepEqual(seen(await signInWithPasskey(world, carol.device, { id: Buffer.alloc(32, 1) })), unknown);
    assert.deepEqual(seen(await signInWithPasskey(world, gone.device)), unknown, 'deleted');
    // Sent again they look alike as well.
    const twice = async (device: Member['device'], how: Wrong): Promise<unknown> => {
      const { ceremony, options } = await askToSignIn(world);
      const body = { ceremony, credential: device.get(options, how) };
      await world.call('POST', '/auth/passkeys/sign-in', { body });
      return seen(await world.call('POST', '/auth/passkeys/sign-in', { body }));
    };
    const answers = [await twice(carol.device, wrong), await twice(dave.device, {}), await twice(gone.device, {})];
    assert.deepEqual(answers, Array(3).fill({ ...(answers[0] as object), reason: 'challenge' }));
  }));

test('what is asked of a stranger says nothing of anybody', () =>
  inQuickWorld(async (world) => {
    const before = await askToSignIn(world);
    await makeMember(world, 'carol');
    const after = await askToSignIn(world);
    assert.deepEqual({ ...after.options, challenge: '' }, { ...before.options, challenge: '' });
    assert.deepEqual(after.options.allowCredentials, []);
  }));

test('where no passkey is judged any more, what is right for a disabled account is refused like what is wrong', () =>
  inQuickWorld(async (world) => {
    const dave = await makeMember(world, 'dave');
    alter(world, 'UPDATE users SET disabled = 1 WHERE id = ?', dave.id);
    for (let time = 0; time < defaultLimits.passkey.free; time += 1)
      assert.equal((await signInWithPasskey(world, dave.device)).status, 401);
    const wrong = { signature: Buffer.alloc(70, 1) };
    const rows = dump(world);
    assert.deepEqual(
      seen(await signInWithPasskey(world, dave.device)),
      seen(await signInWithPasskey(world, dave.device, wrong)),
    );
    assert.equal((await signInWithPasskey(world, dave.device)).status, 429);
    assert.deepEqual(dump(world), rows);
  }));

test('while an account is disabled its passkeys do nothing; then they are what they were', () =>
  inQuickWorld(async (world) => {
    const carol = await makeMember(world, 'carol');
    const begun = await begin(world, 'sign-in', carol);
    alter(world, 'UPDATE users SET disabled = 1 WHERE id = ?', carol.id);
    await assertNotTaken(world, begun, begun.answer({ count: 5 }), 'signature');
    alter(world, 'UPDATE users SET disabled = 0 WHERE id = ?', carol.id);
    await assertNotTaken(world, begun, begun.answer({ count: 5 }), 'challenge');
    const next = await begin(world, 'sign-in', carol);
    await assertTaken(next, next.answer({ count: 5 }));
  }));

/** Has something happen between the moment when an answer is judged and the transaction that follows. */
function meanwhile(world: World, what: () => void): void {
  const { database, passkeys } = world.server.service;
  const [{ judge }, { transaction }] = [passkeys, database];
  passkeys.judge = async (...given) => {
    const judged = await judge(...given);
    passkeys.judge = judge;
    database.transaction = (...work) => {
      database.transaction = transaction;
      what();
      return transaction(...work);
    };
    return judged;
  };
}

const changes: [what: string, sql: string[]][] = [
  ['is disabled', ['UPDATE users SET disabled = 1 WHERE id = ?']],
  ['is deleted', ['DELETE FROM users WHERE id = ?']],
  [
    'loses the passkey',
    ['DELETE FROM passkeys WHERE user_id = ?', 'UPDATE passkey_holders SET version = NULL WHERE user_id = ?'],
  ],
];
for (const kind of signing)
  for (const [what, sql] of changes)
    test(`${kind}: an account that ${what} while its passkey is judged lets nobody in`, () =>
      inQuickWorld(async (world) => {
        const carol = await makeMember(world, 'carol');
        const begun = await begin(world, kind, carol);
        let after: unknown;
        meanwhile(world, () => {
          for (const each of sql) alter(world, each, carol.id);
          after = standing(world);
        });
        const { status, said } = await begun.send(begun.answer());
        assert.ok(after, 'it has happened');
        assert.ok(status >= 400 || said === '/sign-in', `${status} ${said}`);
        assert.deepEqual(standing(world), after);
      }));

test('a passkey that is removed while it is judged, before the account is looked at, lets nobody in and is no copy', () =>
  inQuickWorld(async (world) => {
    const carol = await makeMember(world, 'carol');
    const begun = await begin(world, 'sign-in', carol);
    const { passkeys } = world.server.service;
    const { judge } = passkeys;
    passkeys.judge = async (...given) => {
      const judged = await judge(...given);
      for (const sql of changes[2]?.[1] ?? []) alter(world, sql, carol.id);
      return judged;
    };
    const { status, said } = await begun.send(begun.answer());
    assert.deepEqual({ status, said }, { status: 401, said: 'unknown_credential' });
  }));

test('an account that changes otherwise is judged anew, and gets in', () =>
  inQuickWorld(async (world) => {
    const carol = await makeMember(world, 'carol');
    const begun = await begin(world, 'sign-in', carol);
    meanwhile(world, () => alter(world, "UPDATE passwords SET version = 'another' WHERE user_id = ?", carol.id));
    await assertTaken(begun, begun.answer());
  }));

test('a try that could not be judged, or settled, or whose session could not be made, costs nothing', () =>
  inQuickWorld(async (world) => {
    const carol = await makeMember(world, 'carol');
    const wrong = { signature: Buffer.alloc(70, 1) };
    for (let tries = 0; tries < 49; tries += 1)
      assert.equal((await signInWithPasskey(world, carol.device, wrong)).status, 401);
    const shut = (table: string) =>
      `CREATE TRIGGER shut BEFORE INSERT ON ${table} BEGIN SELECT raise(ABORT, 'shut'); END`;
    const places: [answer: Wrong, shut: string, open: string][] = [
      [{}, shut('sessions'), 'DROP TRIGGER shut'],
      [{}, 'ALTER TABLE passkey_holders RENAME TO elsewhere', 'ALTER TABLE elsewhere RENAME TO passkey_holders'],
      [wrong, shut('audit'), 'DROP TRIGGER shut'],
    ];
    for (const [answer, closing, opening] of places) {
      const begun = await begin(world, 'sign-in', carol);
      alter(world, closing);
      assert.equal((await begun.send(begun.answer(answer))).status, 500, closing);
      alter(world, opening);
      await assertTaken(begun, begun.answer());
    }
    assert.equal((await signInWithPasskey(world, carol.device, wrong)).status, 401, 'the fiftieth wrong one');
    assert.equal((await signInWithPasskey(world, carol.device, wrong)).status, 429);
  }));

test('whatever is sent is no error of ours', () =>
  inQuickWorld(async (world) => {
    const carol = await makeMember(world, 'carol');
    const right = (await begin(world, 'sign-in', carol)).answer();
    const without = ({ response, ...rest }: Credential, part: string, value: unknown) => ({
      ...rest,
      response: { ...response, [part]: value },
    });
    const bad: object[] = [
      {},
      { ...right, id: 'not base64!' },
      { ...right, id: undefined },
      { ...right, type: 'password' },
      { ...right, response: 'x' },
      without(right, 'clientDataJSON', 'a+b/'),
      without(right, 'clientDataJSON', undefined),
      without(right, 'authenticatorData', ''),
      without(right, 'authenticatorData', 'AAAA\n'),
      without(right, 'signature', ''),
      without(right, 'signature', 7),
      without(right, 'userHandle', {}),
      without(right, 'userHandle', 'A'.repeat(200)),
    ];
    for (const kind of signing) {
      const begun = await begin(world, kind, carol);
      for (const credential of bad)
        assert.equal((await begun.send(credential)).status, 422, JSON.stringify(credential));
      for (const [part, value] of [
        ['clientDataJSON', 'AAAA'],
        ['clientDataJSON', Buffer.from('{').toString('base64url')],
        ['authenticatorData', 'AAAA'],
      ] as const) {
        const begun = await begin(world, kind, carol);
        await assertNotTaken(world, begun, without(begun.answer(), part, value), 'malformed');
      }
    }
    for (const payload of ['{', '{"ceremony":"x","credential":{}', '[]', 'null', '{"credential":1,"credential":2}']) {
      const headers = { 'content-type': 'application/json' };
      const { status } = await world.call('POST', '/auth/passkeys/sign-in', { payload, headers });
      assert.ok(status === 400 || status === 422, payload);
    }
  }));
