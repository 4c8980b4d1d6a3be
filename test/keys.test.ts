import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import {
  copyFile,
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rm,
  rmdir,
  stat,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { newKeyLine } from '../src/seal.ts';
import { createServer } from '../src/server.ts';
import { addKey, createKeyFile, KeyError } from '../src/upkeep/upkeep.ts';
import { quickHash } from './quick-hash.ts';
import { codeAt, inWorld, makePersonWithCode, signIn, type World } from './server.ts';
import { dump } from './tables.ts';

const parts = { argon2: quickHash };
const keyFile = (world: World): string => join(world.folder, 'keys', 'countersign.keys');

test('the first start makes folders and files that nobody else can read', { skip: process.platform === 'win32' }, () =>
  inWorld(async (world) => {
    const mode = async (path: string): Promise<string> =>
      ((await stat(join(world.folder, path))).mode & 0o777).toString(8);
    assert.deepEqual([await mode('data'), await mode('keys')], ['700', '700']);
    assert.equal(await mode('keys/countersign.keys'), '600');
    const files = (await readdir(join(world.folder, 'data'))).sort();
    assert.deepEqual(files, ['countersign.db', 'countersign.db-shm', 'countersign.db-wal']);
    for (const file of files) assert.equal(await mode(`data/${file}`), '600', file);
    assert.match(await readFile(keyFile(world), 'utf8'), /^k[0-9a-f]{8} [A-Za-z0-9+/]{43}=\n$/);
    assert.deepEqual(await readdir(dirname(keyFile(world))), ['countersign.keys'], 'no draft is left');
  }),
);

test('a start with a key file that does not fit refuses, and says what to do', () =>
  inWorld(
    async (world) => {
      const bob = await makePersonWithCode(world);
      const file = keyFile(world);
      const right = await readFile(file, 'utf8');
      const [id = ''] = right.split(' ');
      const putBack =
        'Put the right key file back, or name it with --key-file (COUNTERSIGN_KEY_FILE). If it is lost for ever, `countersign key rotate --help` says what to do.';
      const refused: [string | undefined, string][] = [
        [undefined, `The key file ${file} is missing, and this database was sealed with it. ${putBack}`],
        [newKeyLine(), `This database was sealed with key "${id}", which ${file} does not hold. ${putBack}`],
        [
          newKeyLine().replace(/^\w+/, id),
          `Key "${id}" in ${file} is not the one that this database was sealed with. ${putBack}`,
        ],
        ['', `The key file ${file} cannot be used: it holds no key: make one with \`countersign key create FILE\`.`],
        [
          '# only a comment\n\n',
          `The key file ${file} cannot be used: it holds no key: make one with \`countersign key create FILE\`.`,
        ],
        [`${right}${right}`, `The key file ${file} cannot be used: line 2 repeats the key id "${id}".`],
        [
          `${right}k2 tooshort\n`,
          `The key file ${file} cannot be used: line 2 is not a key: write "<id> <base64 of 32 bytes>".`,
        ],
        [
          right.slice(0, -4),
          `The key file ${file} cannot be used: line 1 is not a key: write "<id> <base64 of 32 bytes>".`,
        ],
      ];
      const stored = dump(world);
      for (const [content, sentence] of refused) {
        await (content === undefined ? rm(file) : writeFile(file, content, { mode: 0o600 }));
        await assert.rejects(start(world), (error) => {
          assert.ok(error instanceof KeyError);
          assert.equal(error.message, sentence);
          return true;
        });
        assert.deepEqual(dump(world), stored, sentence);
        if (content === undefined) await assert.rejects(stat(file), { code: 'ENOENT' });
      }
      await rm(file);
      await mkdir(file);
      await assert.rejects(
        start(world),
        /^KeyError: The key file .* cannot be used: it is no ordinary file of at most 64 KiB\.$/,
      );
      await rmdir(file);
      await writeFile(file, right, { mode: 0o600 });
      await world.restart();
      assert.ok(await signIn(world, bob), 'with the right one everything is there again');
    },
    {},
    parts,
  ));

test('a pipe in place of the key file is refused, and read by nobody', { skip: process.platform === 'win32' }, () =>
  inWorld(
    async (world) => {
      const file = keyFile(world);
      await rm(file);
      execFileSync('mkfifo', ['-m', '600', file]);
      await assert.rejects(start(world), /^KeyError: The key file .* it is no ordinary file of at most 64 KiB\.$/);
    },
    {},
    parts,
  ),
);

test('a further key opens but does not seal, wherever it stands in the file', () =>
  inWorld(
    async (world) => {
      const right = await readFile(keyFile(world), 'utf8');
      const [first = ''] = right.split(' ');
      const more = newKeyLine();
      const [second = ''] = more.split(' ');
      await writeFile(keyFile(world), `# rotated one day\r\n${more}\n${right}`);
      await world.restart();
      const keys = dump(world)['keys']?.map(({ id, active }) => [id, active]);
      assert.deepEqual(
        new Map(keys as [string, number][]),
        new Map([
          [first, 1],
          [second, 0],
        ]),
      );
      const bob = await makePersonWithCode(world);
      const sealed = Buffer.from(dump(world)['authenticators']?.[0]?.['secret'] as Uint8Array);
      assert.equal(sealed.toString('latin1', 2, 2 + (sealed[1] ?? 0)), first);

      await writeFile(keyFile(world), right);
      await world.restart();
      assert.ok(await signIn(world, bob), 'a key that sealed nothing may go again');
      await writeFile(keyFile(world), `${newKeyLine().replace(/^\w+/, second)}${right}`);
      await assert.rejects(start(world), new RegExp(`Key "${second}" in .* is not the one`));
    },
    {},
    parts,
  ));

test('a key file that is there at the first start is taken, and never written to', () =>
  inWorld(
    async (world) => {
      const data = join(world.folder, 'second', 'data');
      const own = join(world.folder, 'third', 'own.keys');
      await mkdir(dirname(own));
      await writeFile(own, `mine ${Buffer.alloc(32, 7).toString('base64')}\n`, { mode: 0o600 });
      const [before, folder] = [await stat(own), await stat(dirname(own))];
      const server = await createServer({ data, keyFile: own, logLevel: 'silent' }, parts);
      await server.close();
      assert.equal((await stat(own)).mtimeMs, before.mtimeMs);
      assert.equal((await stat(dirname(own))).mtimeMs, folder.mtimeMs, 'nor is anything made beside it');
    },
    {},
    parts,
  ));

test('a key is on the disk before its file is there, and the folders that lead to it before it is used', (t) =>
  inWorld(
    async (world) => {
      const path = join(world.folder, 'new', 'deep', 'k');
      const synced: unknown[] = [];
      const handle = await open(keyFile(world));
      const { sync } = Object.getPrototypeOf(handle) as FileHandle;
      t.mock.method(Object.getPrototypeOf(handle) as FileHandle, 'sync', async function (this: FileHandle) {
        synced.push([(await this.stat()).ino, existsSync(path)]);
        return sync.call(this);
      });
      await handle.close();
      await createKeyFile(path, 'or fail');
      const inode = async (name: string): Promise<number> => (await stat(name)).ino;
      const before = await Promise.all([dirname(dirname(path)), world.folder, path].map(inode));
      const expected = [...before.map((each) => [each, false]), [await inode(dirname(path)), true]];
      assert.deepEqual(Array.from(new Map(synced.map((one) => [String(one), one])).values()), expected);

      synced.length = 0;
      await addKey(world.server.service.database, { keyFile: keyFile(world), data: join(world.folder, 'data') }, 0);
      const own = await Promise.all([keyFile(world), dirname(keyFile(world))].map(inode));
      assert.deepEqual(
        synced.map((one) => (one as unknown[])[0]),
        own,
      );
    },
    {},
    parts,
  ));

test('a copy of the database opens with the key file, codes and all, and with no other', () =>
  inWorld(
    async (world) => {
      const bob = await makePersonWithCode(world);
      await world.server.close();
      const copy = join(world.folder, 'copy');
      await mkdir(copy);
      await copyFile(join(world.folder, 'data', 'countersign.db'), join(copy, 'countersign.db'));
      const given = { data: copy, logLevel: 'silent' } as const;
      await assert.rejects(createServer({ ...given, keyFile: join(world.folder, 'other.keys') }, parts), KeyError);
      const server = await createServer({ ...given, keyFile: keyFile(world) }, { ...parts, clock: world.now });
      world.turn(60_000);
      const authorization = `Basic ${Buffer.from(bob.basic).toString('base64')}`;
      const otp = codeAt(bob.secret ?? Buffer.alloc(0), world.now());
      const answer = await server.inject({
        method: 'POST',
        url: '/auth/credentials',
        headers: { authorization },
        payload: { otp },
      });
      assert.equal(answer.statusCode, 200);
      await server.close();
      await world.restart();
    },
    {},
    parts,
  ));

const start = (world: World) =>
  createServer({ data: join(world.folder, 'data'), keyFile: keyFile(world), logLevel: 'silent' }, parts);
