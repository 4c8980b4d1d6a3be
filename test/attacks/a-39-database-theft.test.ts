import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../src/clock.ts';
import { backupOf } from '../databases/backup-steps.ts';
import { endless } from '../endless.ts';
import { quickHash } from '../quick-hash.ts';
import { freshCode, inWorld, makePersonWithCode, type World } from '../server.ts';
import { formsOf } from '../spellings.ts';
import { secretIn } from '../stories/in-a-browser.ts';
import { assertRefused, tryToSignIn } from '../stories/steps.ts';
import { alter, copyOf, dump } from '../tables.ts';
import { live } from './living.ts';
import { breakIn } from './thief.ts';

/** a stolen database is worthless: it, its WAL and its backups are worthless without the key file. */

test('no secret can be read from the database, its WAL or a backup, in whatever spelling', () =>
  inWorld(async (world) => {
    const { secrets } = await live(world);
    const stolen = Buffer.concat([copyOf(world), await backupOf(world)]);
    assert.ok(stolen.includes('alice') && stolen.includes('sign_in.succeeded'), 'this is the database');
    assert.ok(!stolen.includes('$argon2id$'), 'password hashes are sealed');
    for (const [name, secret] of Object.entries(secrets)) {
      for (const form of formsOf(secret)) assert.ok(!stolen.includes(form), `${name} as ${form.toString()}`);
    }
  }));

const inOpenWorld = (story: (world: World) => Promise<void>): Promise<void> =>
  inWorld(story, { logLevel: 'silent' }, { argon2: quickHash, limits: endless });

test('nothing that is stored, or ever was, opens anything: as token, cookie, link, password, code or seed', () =>
  inOpenWorld(async (world) => {
    const stored = new Map<string, unknown>();
    const note = (): void => {
      for (const value of Object.values(dump(world))
        .flat()
        .flatMap((row) => Object.values(row)))
        stored.set(value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value), value);
    };
    // The WAL has rows that are gone, so what was there after each step is tried as well.
    const call: World['call'] = async (...request) => {
      const answer = await world.call(...request);
      note();
      return answer;
    };
    const { people } = await live({ ...world, call });
    note();
    assert.ok(stored.size > 100, `${stored.size} values`);
    assert.deepEqual(await breakIn(world, people, stored.values()), []);
  }));

test('the same script gets in everywhere with the secrets themselves', () =>
  inOpenWorld(async (world) => {
    const { people, secrets } = await live(world);
    world.turn(minute);
    const opens: string[] = [];
    for (const [name, secret] of Object.entries(secrets))
      if ((await breakIn(world, people, [secret])).length > 0) opens.push(name);
    // What is over opens nothing any more, a key or a secret that waits is none to sign in with, and neither is being known.
    const not = [
      'ended token',
      'browser that is known',
      'set-up link',
      'pending seed',
      'ceremony of a passkey',
      'answered challenge',
      'sealing key',
      'recovery code 0',
    ];
    assert.deepEqual(
      opens,
      Object.keys(secrets).filter((name) => !not.includes(name)),
    );
  }));

test('two people whose sealed values are swapped get in neither with their own nor with those of the other', () =>
  inOpenWorld(async (world) => {
    const bob = await makePersonWithCode(world, 'bob');
    const dan = await makePersonWithCode(world, 'dan');
    const swap = (table: 'authenticators' | 'passwords', column: 'secret' | 'hash'): void => {
      const rows = dump(world)[table] ?? [];
      const of = ({ id }: { id: string }) => rows.find((row) => row['user_id'] === id)?.[column] as Buffer;
      alter(world, `UPDATE ${table} SET ${column} = ? WHERE user_id = ?`, Buffer.from(of(bob)), dan.id);
      alter(world, `UPDATE ${table} SET ${column} = ? WHERE user_id = ?`, Buffer.from(of(dan)), bob.id);
    };
    swap('authenticators', 'secret');
    for (const person of [bob, dan]) {
      for (const other of [bob, dan]) {
        const otp = freshCode(world, secretIn(other));
        assert.equal((await tryToSignIn(world, person, { otp })).status, 503, person.name);
      }
      assertRefused(await tryToSignIn(world, person), 401, 1);
    }
    swap('passwords', 'hash');
    for (const person of [bob, dan]) assertRefused(await tryToSignIn(world, person), 401, 3);
    swap('passwords', 'hash');
    swap('authenticators', 'secret');
    for (const person of [bob, dan]) {
      const otp = freshCode(world, secretIn(person));
      assert.equal((await tryToSignIn(world, person, { otp })).status, 200, 'put back, they open');
    }
  }));
