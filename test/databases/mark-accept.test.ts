import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { openService } from '../../src/service.ts';
import type { AcceptedDatabase } from '../../src/upkeep/mark/accept.ts';
import { answerLater, askToSignIn, makePersonWithPasskey, signInWithPasskey } from '../passkeys.ts';
import { codeAt, makePerson, makePersonWithCode, type Person, signIn, type World } from '../server.ts';
import { list, logged, make } from '../stories/program.ts';
import { assertRefused, isAlive, tokenOf, tryToSignIn } from '../stories/steps.ts';
import { type House, inHouse, kinds, typed } from './mark-steps.ts';

/** What accepting an older copy ends, and what it tells of those whose accounts were changed after it was made. */
describe('an older copy that is accepted', { concurrency: true }, () => {
  for (const kind of kinds) {
    test(`${kind}: nothing that was spent or ended since the copy was made is good after it was accepted`, () =>
      inHouse(kind, async (house) => {
        const { world } = house;
        const root = await makePersonWithCode(world, 'root', true);
        const bob = await makePersonWithCode(world);
        const token = await signIn(world, root);
        const { body: program } = await make(world, token, { name: 'HR import' });
        const invitation = tokenIn((await world.server.users.create({ name: 'zoe' })).link);
        const session = await signIn(world, bob);
        const browser = await remember(world, bob);
        const carol = await makePersonWithPasskey(world);
        const [spent = '', unspent = ''] = bob.recoveryCodes ?? [];
        const putBack = await house.copy();

        const codes = [0, 30_000].map((later) => codeAt(bob.secret ?? Buffer.alloc(0), world.now() + later));
        await world.call('DELETE', '/auth/sessions/current', { token: session });
        await tokenOf(world, bob, { recovery_code: spent });
        const keep = await answerLater(world, carol);
        const { ceremony, options } = await askToSignIn(world);
        const answer = { body: { ceremony, credential: carol.device.get(options) } };
        assert.equal((await world.call('POST', '/auth/passkeys/sign-in', answer)).status, 200);
        await putBack();
        const accepted = await accept(world);
        assert.deepEqual(accepted.voided, {
          sessions: 2,
          browsers: 1,
          recovery_codes: 30,
          links: 1,
          service_tokens: 1,
          authenticators: 2,
        });

        await world.restart();
        assert.deepEqual([await isAlive(world, session), await isAlive(world, token)], [false, false]);
        for (const recovery_code of [spent, unspent])
          assertRefused(await tryToSignIn(world, bob, { recovery_code }), 401, 2);
        for (const otp of codes) assertRefused(await tryToSignIn(world, bob, { otp }), 401, 2);
        assert.equal((await world.call('GET', '/users', { token: program.token })).status, 401);
        const { passwords, browsers, database } = world.server.service;
        assert.equal(await passwords.userOfLink(database.read, invitation, world.now()), undefined);
        assert.deepEqual(await browsers.list(database.read, bob.id, world.now()), []);
        assert.notEqual(browser, '');

        const again = await world.call('POST', '/auth/passkeys/sign-in', answer);
        assert.deepEqual([again.status, again.body.reason], [401, 'challenge'], 'a passkey has answered that before');
        assert.equal(await keep(), 'challenge', 'and a new one is not kept that was asked for before');

        world.turn(60_000);
        assert.ok(await signIn(world, bob), 'password and authenticator are what they were');
        assert.equal((await signInWithPasskey(world, carol.device)).status, 200, 'and the passkey');
        assert.deepEqual(await list(world, await signIn(world, root)), []);
        const [event] = logged(world, 'database.accepted');
        assert.equal(event?.actor_id, 'operator');
        assert.deepEqual(JSON.parse(event?.detail ?? ''), {
          generation: 2,
          ...{ sessions: 2, browsers: 1, links: 1, authenticators: 2, recovery_codes: 30, service_tokens: 1 },
        });
      }));

    test(`${kind}: an exported log tells whose accounts were changed after the copy was made`, () =>
      inHouse(kind, async (house) => {
        const { world } = house;
        const [alice, bob] = [await makePerson(world), await makePerson(world, 'bob')];
        const root = await makePersonWithCode(world, 'root', true);
        const putBack = await house.copy();
        const token = await signIn(world, root);
        await world.call('PATCH', `/users/${alice.id}`, { token, body: { disabled: true } });
        await world.call('PATCH', `/users/${bob.id}`, { token, body: { name: 'robert' } });
        await world.call('DELETE', `/users/${bob.id}`, { token });
        const carol = await makePerson(world, 'carol');
        await signIn(world, carol);
        const exported = await exportLog(house);
        await putBack();
        const { changed } = await accept(world, exported);
        const told = changed?.map(({ name, userId, events }) => [name ?? userId, events.map(({ event }) => event)]);
        assert.deepEqual(told, [
          ['alice', ['user.disabled']],
          ['bob', ['user.renamed', 'user.deleted']],
          [carol.id, ['user.created']],
        ]);
        assert.deepEqual(
          changed?.flatMap(({ events }) => events.map(({ by }) => by)),
          [root.id, root.id, root.id, 'operator'],
        );
      }));

    test(`${kind}: rows that a copy wrote by itself hide none of those that it lacks`, () =>
      inHouse(kind, async (house) => {
        const { world } = house;
        const alice = await makePerson(world);
        const putBack = await house.copy();
        await world.server.service.admin.change('operator', alice.id, { disabled: true });
        const exported = await exportLog(house);
        await putBack();
        await world.restart({ markFile: '' });
        await makePerson(world, 'bob');
        await makePerson(world, 'carol');
        const { changed } = await world.server.service.acceptRestored({ audit: lines(exported) });
        assert.deepEqual(
          changed?.map(({ name, events }) => [name, events.map(({ event }) => event)]),
          [['alice', ['user.disabled']]],
        );
      }));
  }

  for (const kind of kinds)
    test(`${kind}: an operator accepts at the command line, and reads there whose accounts were changed, however long the log is`, () =>
      inHouse(kind, async (house) => {
        const { world } = house;
        const alice = await makePerson(world);
        const putBack = await house.copy();
        await world.server.service.admin.change('operator', alice.id, { disabled: true });
        const exported = await exportLog(house);
        const audit = join(world.folder, 'exported.jsonl');
        await putBack();
        await assert.rejects(world.restart(), { name: 'MarkError' });
        const [first = ''] = exported.split('\n');
        // What the copy knows, so often that the file comes in several pieces.
        for (const padding of [0, 0, 1000, 1000]) {
          await writeFile(audit, `${`${first}\n`.repeat(padding)}${exported}`);
          const { code, stdout, stderr } = await typed(house, ['db', 'restore', '--accept', '--audit', audit]);
          assert.deepEqual([code, stderr], [0, '']);
          const read = new RegExp(`^Read ${padding + 2} rows of the exported audit log, up to row 2\\.$`, 'm');
          assert.match(stdout, read);
          assert.match(stdout, /generation \d\..*alice: user\.disabled/s);
        }
        await world.restart();
      }));

  test('nothing is accepted while somebody serves, nor with a file of --audit that tells nothing', () =>
    inHouse('SQLite', async (house) => {
      const { world } = house;
      world.turn(Date.now() - world.now());
      await world.restart();
      const token = await signIn(world, await makePerson(world));
      const audit = join(world.folder, 'exported.jsonl');
      await writeFile(audit, '\n');
      const accept = ['db', 'restore', '--accept'];
      for (const [args, why] of [
        [accept, /^countersign: Instance \S+ \(\S+\) serves on this database\. Stop every instance first/],
        [[...accept, '--audit', audit], /^countersign: There is no row of an audit log in it: give the file/],
        [
          [...accept, '--audit', world.folder],
          /^countersign: \S+ is no file: give one that `countersign audit export`/,
        ],
      ] as const) {
        const { code, stderr } = await typed(house, [...args]);
        assert.equal(code, 1);
        assert.match(stderr, why);
      }
      assert.ok(await isAlive(world, token));
    }));

  test('what is no exported log is said so, and nothing is accepted', () =>
    inHouse('SQLite', async (house) => {
      const { world } = house;
      const token = await signIn(world, await makePerson(world));
      const exported = await exportLog(house);
      for (const broken of [`${exported}{`, `${exported}{"sequence":1}\n`, `${exported}[]\n`])
        await assert.rejects(world.server.service.acceptRestored({ audit: lines(broken) }), {
          message: /^Line 3 is no row of an exported audit log: /,
        });
      assert.ok(await isAlive(world, token));
      assert.deepEqual((await world.server.service.acceptRestored({ audit: lines(exported) })).changed, []);
    }));
});

/** As an operator does it, whose service is stopped. */
async function accept(world: World, exported?: string): Promise<AcceptedDatabase> {
  const service = await openService(world.server.service.options, { clock: world.now });
  const accepted = await service.acceptRestored(exported === undefined ? {} : { audit: lines(exported) });
  await service.close();
  return accepted;
}

async function* lines(text: string): AsyncGenerator<string> {
  yield* text.split('\n');
}

const tokenIn = (link: string | undefined): string => new URL(link ?? '').searchParams.get('token') ?? '';

/** As after a full sign-in in a browser. */
async function remember(world: World, { id }: Person): Promise<string> {
  const client = { address: '192.0.2.7', userAgent: 'one/1', browserTokens: [] };
  const { browsers, database } = world.server.service;
  return (await database.transaction((tx) => browsers.remember(tx, id, client, world.now()))).id;
}

/** `countersign audit export`, beside the running service. */
async function exportLog(house: House): Promise<string> {
  const { code, stdout } = await typed(house, ['audit', 'export']);
  assert.equal(code, 0);
  return stdout;
}
