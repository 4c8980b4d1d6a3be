import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openDatabase } from '../src/database/database.ts';
import { newKeyLine } from '../src/seal.ts';
import { createServer } from '../src/server.ts';
import { activateKey, KeyError } from '../src/upkeep/upkeep.ts';
import { softwareAuthenticator } from './authenticator.ts';
import { addPasskey, makePersonWithPasskey, signInWithPasskey } from './passkeys.ts';
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
import { alter, dump } from './tables.ts';

/** Keys that are lost, and key files that others may read: what is lost is refused, and never skipped. */

const parts = { argon2: quickHash };
const onWindows = process.platform === 'win32';

test('with a key that is lost for ever nobody gets in by what it sealed, and each is let in again by the operator', () =>
  inStory(async (world) => {
    const [alice, bob] = [await makePerson(world, 'alice'), await makePersonWithCode(world, 'bob')];
    const carol = await makePersonWithPasskey(world);
    await world.server.close();
    const fresh = await loseKeys(world);
    await assert.rejects(start(world), /which .* does not hold/);
    await assert.rejects(
      activate(world, fresh),
      /does not hold key ".*", which has sealed.*`countersign key rotate --help`/,
    );
    const [old] = activeKeys(world);
    assert.deepEqual(await activate(world, fresh, 'lost'), { changed: true, before: old });
    await world.restart();

    const tryWith = (person: Person, body?: object) =>
      world.call('POST', '/auth/credentials', { basic: person.basic, body });
    for (const person of [alice, bob]) assert.deepEqual([(await tryWith(person)).status], [401], 'no password fits');

    const { status, body } = await signInWithPasskey(world, carol.device);
    assert.equal(status, 200, 'nothing is sealed of a passkey');
    const [kept] = carol.device.held;
    const spare = softwareAuthenticator();
    assert.equal((await addPasskey(world, body.token, spare)).status, 201);
    assert.equal(spare.held[0]?.handle, kept?.handle, 'the account is known to devices as it was');
    assert.equal((await signInWithPasskey(world, spare)).status, 200);

    await letIn(world, alice);
    assert.ok(await signIn(world, alice));
    await letIn(world, bob);
    for (const body of [undefined, { otp: freshCode(world, bob.secret ?? Buffer.alloc(0)) }]) {
      const { status, body: answer } = await tryWith(bob, body);
      assert.ok([401, 503].includes(status) && !answer.token, 'a factor that cannot be checked is not skipped');
    }
    assert.equal((await tryWith(bob, { otp: '123456' })).status, 503);
    await world.server.service.admin.resetSecondFactors('operator', bob.id);
    const token = await signIn(world, { ...bob, secret: undefined as never });
    const secret = await secretOf(world, token);
    const otp = codeAt(secret, world.now());
    assert.equal((await world.call('PUT', '/auth/otp/enable', { token, body: { enabled: true, otp } })).status, 200);
    assert.ok(await signIn(world, { ...bob, secret }));
  }));

test('a key is not lost while the file holds it, nor while an instance that may hold it runs', () =>
  inStory(async (world) => {
    const file = placeOf(world).keyFile;
    const right = await readFile(file, 'utf8');
    const fresh = await loseKeys(world);
    await assert.rejects(
      activate(world, fresh, 'lost'),
      /serves on this database and may still hold.*Stop every instance/,
    );
    await world.server.close();
    await writeFile(file, `${right}${await readFile(file, 'utf8')}`);
    await assert.rejects(activate(world, fresh, 'lost'), /^KeyError: Key ".*" is not lost: .* holds it/);
    const [old] = activeKeys(world);
    assert.deepEqual(await activate(world, fresh), { changed: true, before: old });
    await world.restart();
  }));

test('an activation is written down, with what was lost', () =>
  inStory(async (world) => {
    const [old] = activeKeys(world);
    await world.server.close();
    const fresh = await loseKeys(world);
    await activate(world, fresh, 'lost');
    const [row] = (dump(world)['audit'] ?? []).filter(({ event }) => event === 'key.activated');
    assert.equal(row?.['actor_id'], 'operator');
    assert.deepEqual(JSON.parse(String(row?.['detail'])), { key: fresh, before: old, lost: true });
    assert.deepEqual(await activate(world, fresh), { changed: false }, 'again, and nothing is to be done');
    assert.equal((dump(world)['audit'] ?? []).filter(({ event }) => event === 'key.activated').length, 1);
    await world.restart();
  }));

test('a key file that others may read or write is refused, with the command that mends it', { skip: onWindows }, () =>
  inStory(async (world) => {
    const { keyFile } = placeOf(world);
    await world.server.close();
    for (const mode of [0o604, 0o644, 0o602, 0o620, 0o660, 0o666, 0o777]) {
      await chmod(keyFile, mode);
      const command = `(mode ${mode.toString(8)}): run \`chmod 600 ${keyFile}\``;
      await assert.rejects(start(world), (error) => error instanceof KeyError && error.message.includes(command));
    }
    for (const mode of [0o600, 0o400, 0o640, 0o440]) {
      await chmod(keyFile, mode);
      await (await start(world)).close();
    }
    await world.restart();
  }),
);

test(
  'a key file that a link leads into the data folder is refused, and one that leads elsewhere is not',
  { skip: onWindows },
  () =>
    inStory(async (world) => {
      const { keyFile, data } = placeOf(world);
      await world.server.close();
      const within = join(data, 'hidden');
      await mkdir(within);
      await rename(keyFile, join(within, 'k'));
      await symlink(join(within, 'k'), keyFile);
      await assert.rejects(start(world), /^KeyError: The key file .* leads into the data folder/);
      const elsewhere = join(world.folder, 'elsewhere');
      await rename(join(within, 'k'), elsewhere);
      await assert.rejects(start(world), /is missing/);
      await symlink(elsewhere, join(world.folder, 'keys', 'other'));
      const server = await createServer(
        { ...placeOf(world), keyFile: join(world.folder, 'keys', 'other'), logLevel: 'silent' },
        parts,
      );
      await server.close();
      await rename(elsewhere, keyFile);
      await world.restart();
    }),
);

test('a secret of the service that cannot be opened stops the start, and says so', () =>
  inStory(async (world) => {
    const stored = Buffer.from(dump(world)['service_secrets']?.[0]?.['sealed'] as Uint8Array);
    await world.server.close();
    for (const broken of [Buffer.from('changed'), Buffer.alloc(0)]) {
      alter(world, 'UPDATE service_secrets SET sealed = ?', broken);
      await assert.rejects(start(world), /^KeyError: The secret "throttle" of this service cannot be opened/);
    }
    alter(world, 'UPDATE service_secrets SET sealed = ?', stored);
    await world.restart();
  }));

const inStory = (story: (world: World) => Promise<void>): Promise<void> => inWorld(story, {}, parts);

function placeOf(world: World): { keyFile: string; data: string } {
  return { keyFile: join(world.folder, 'keys', 'countersign.keys'), data: join(world.folder, 'data') };
}

const start = (world: World) => createServer({ ...placeOf(world), logLevel: 'silent' }, { ...parts, clock: world.now });

/** Puts a file with another key in place of the one that was; answers the id of the new key. */
async function loseKeys(world: World): Promise<string> {
  const line = newKeyLine();
  await writeFile(placeOf(world).keyFile, line);
  return line.split(' ')[0] ?? '';
}

async function activate(world: World, id: string, lost?: 'lost'): ReturnType<typeof activateKey> {
  const database = await openDatabase({ file: join(placeOf(world).data, 'countersign.db') });
  try {
    return await activateKey({ database, place: placeOf(world) }, { id, lost: lost === 'lost' }, world.now());
  } finally {
    await database.close();
  }
}

/** What `countersign user set-password` does. */
async function letIn(world: World, { name, password }: Person): Promise<void> {
  const { findUserByName } = await import('../src/users/users.ts');
  const user = await findUserByName(world.server.service.database.read, name);
  await world.server.service.admin.setPassword(user ?? assert.fail(name), password);
}

const activeKeys = (world: World): string[] =>
  (dump(world)['keys'] ?? []).filter(({ active }) => active === 1).map(({ id }) => String(id));
