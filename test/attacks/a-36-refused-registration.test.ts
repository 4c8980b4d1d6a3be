/** Passkeys: a new one that is refused spends what was asked, by whichever way it comes, and is written down. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { minute } from '../../src/clock.ts';
import { mostPasskeys, type PasskeyRefusal, refusals } from '../../src/passkeys/passkeys.ts';
import { softwareAuthenticator } from '../authenticator.ts';
import type { CreationOptions } from '../call.ts';
import { endless } from '../endless.ts';
import { addPasskey } from '../passkeys.ts';
import { invite } from '../passwordless.ts';
import { quickHash } from '../quick-hash.ts';
import { makeWorld } from '../server.ts';
import { enterByPasskey, passkeyForms } from '../stories/passkey-form.ts';
import { dump } from '../tables.ts';
import { type Visitor, visit } from '../visitor.ts';
import { again, begin, makeMember } from './ceremonies.ts';

const world = await makeWorld({}, { argon2: quickHash, limits: endless });
after(() => world.close());
const carol = await makeMember(world, 'carol');
const dave = await makeMember(world, 'dave');

/** One way by which a passkey comes, begun by somebody. */
interface Way {
  ask(): Promise<CreationOptions>;
  send(credential: object): Promise<[status: number, said: string]>;
  /** How a refusal is told there. */
  told(reason: PasskeyRefusal): string;
}

async function byProgram(): Promise<Way> {
  const { token } = await again(world, carol);
  return {
    ask: async () => (await world.call('POST', '/auth/passkeys/registration/options', { token })).body.options,
    async send(credential) {
      const { status, body } = await world.call('POST', '/auth/passkeys', { token, body: { credential } });
      return [status, body.reason];
    },
    told: (reason) => reason,
  };
}

function onPage(visitor: Visitor): Way {
  const formNow = () => passkeyForms(visitor)[0] ?? assert.fail(visitor.text);
  const { action, fields } = formNow();
  return {
    // After a refusal the page that tells it asks anew.
    ask: async () => formNow().options,
    async send(credential) {
      await visitor.post(action, { ...fields, credential: JSON.stringify(credential) });
      return [visitor.status, visitor.page.alert];
    },
    told: (reason) => refusals[reason],
  };
}

const guests = ['iris', 'judy'];

const ways: [where: string, begin: () => Promise<[userId: string, way: Way]>, by?: 'link'][] = [
  ['sent by a program', async () => [carol.id, await byProgram()]],
  [
    'sent by the page',
    async () => [carol.id, onPage(await (await enterByPasskey(world, carol.device)).open('/account/passkeys'))],
  ],
  [
    'sent by the page of a link',
    async () => {
      const { id, path } = await invite(world, guests.pop());
      return [id, onPage(await visit(world).open(path))];
    },
    'link',
  ],
];

/** What has been written down since then, without what is of no matter here. */
const rowsSince = (before: number): unknown[] =>
  (dump(world)['audit'] ?? []).slice(before).map(({ event, user_id: userId, session_id: sessionId, detail }) => ({
    ...{ event, userId, inSession: sessionId !== null },
    detail: JSON.parse(String(detail)),
  }));
const rowsNow = (): number => dump(world)['audit']?.length ?? 0;

for (const [where, begun, by] of ways)
  test(`a new passkey that is refused, ${where}: no other answer is taken, its owner can read of it, and no more has changed`, async () => {
    world.turn(minute);
    const [userId, { ask, send, told }] = await begun();
    const device = softwareAuthenticator();
    const asked = await ask();
    const wrong = device.create(asked, { flags: { uv: false } });
    const [before, rows] = [dump(world, ['audit', 'spent_challenges']), rowsNow()];
    assert.deepEqual(await send(wrong), [422, told('user_verification')]);
    assert.deepEqual(
      dump(world, ['audit', 'spent_challenges']),
      before,
      'the link is good still, and nothing is charged',
    );
    const detail = { passkey_reason: 'user_verification', ...(by && { by }) };
    assert.deepEqual(rowsSince(rows), [{ event: 'passkey.registration_refused', userId, inSession: !by, detail }]);

    const after = dump(world);
    for (const late of [device.create(asked), wrong]) assert.deepEqual(await send(late), [422, told('challenge')]);
    assert.deepEqual(dump(world), after);
    const [status] = await send(device.create(await ask()));
    assert.ok(status === 200 || status === 201, `${status}`);
    const { page } = await (await enterByPasskey(world, device)).open('/account/activity');
    assert.ok(
      page.text.includes(`Adding a passkey to your account${by ? ' with a one-time link' : ''} was refused.`),
      page.text,
    );
  });

test('of several answers at once that are refused one is to what was asked, and is written down', async () => {
  world.turn(minute);
  const begun = await begin(world, 'registration', await again(world, carol));
  const rows = rowsNow();
  const wrong = { flags: { uv: false } };
  const sent = await Promise.all(Array.from({ length: 5 }, () => begun.send(begun.answer(wrong))));
  assert.deepEqual(sent.map(({ said }) => said).sort(), [...Array(4).fill('challenge'), 'user_verification']);
  assert.equal(rowsSince(rows).length, 1);
});

test('whoever has a link, or a session, cannot fill the log with what is refused', async () => {
  for (const [where, begun] of ways) {
    world.turn(minute);
    const [, { ask, send }] = await begun();
    const rows = rowsNow();
    for (let count = 0; count < 20; count += 1) {
      const wrong = softwareAuthenticator().create(await ask(), { flags: { uv: false } });
      assert.equal((await send(wrong))[0], 422, where);
    }
    assert.equal(rowsSince(rows).length, 1, where);
  }
});

test('what answers nothing that was asked is refused, and nothing is written', async () => {
  const { token } = await again(world, carol);
  const begun = await begin(world, 'registration', await again(world, carol));
  const before = dump(world);
  for (const wrong of [{}, { flags: { uv: false } }, { type: 'webauthn.get' }]) {
    const { status } = await world.call('POST', '/auth/passkeys', { token, body: { credential: begun.answer(wrong) } });
    assert.equal(status, 422);
  }
  assert.deepEqual(dump(world), before);
});

test('a right answer that cannot be kept as things are is taken once they are mended', async () => {
  const fred = await makeMember(world, 'fred');
  const { token } = fred;
  const { body: asked } = await world.call('POST', '/auth/passkeys/registration/options', { token });
  const right = softwareAuthenticator().create(asked.options);
  const send = async (name: string, credential: object): Promise<[number, string]> => {
    const { status, body } = await world.call('POST', '/auth/passkeys', { token, body: { name, credential } });
    return [status, body.code];
  };
  for (let count = 1; count < mostPasskeys; count += 1) await addPasskey(world, token, softwareAuthenticator());
  const full = dump(world);
  assert.deepEqual(await send('Key', right), [409, 'too_many_passkeys']);
  assert.deepEqual(dump(world), full);
  assert.equal((await world.call('DELETE', `/auth/passkeys/${fred.passkeyId}`, { token })).status, 204);
  const before = dump(world);
  assert.deepEqual(await send('two\nlines', right), [422, 'invalid']);
  const theirs = softwareAuthenticator().create(asked.options, { id: dave.device.held[0]?.id });
  assert.deepEqual(await send('Key', theirs), [409, 'passkey_exists']);
  assert.deepEqual(dump(world), before);
  assert.equal((await send('Key', right))[0], 201);
});
