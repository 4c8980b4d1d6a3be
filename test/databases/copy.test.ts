import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quickHash } from '../quick-hash.ts';
import { inWorld, makePersonWithCode, signIn, type World } from '../server.ts';
import { isAlive } from '../stories/steps.ts';
import { alter, type Dump, dump } from '../tables.ts';
import { atSite, atTwoSites, kinds, otherThan, type Site } from './backup-steps.ts';

/** Moving house: everything goes with it, and nothing is different afterwards. */
for (const kind of kinds) {
  const other = otherThan(kind);
  test(`${kind} to ${other}: the content is equal, sessions go on, and rows are numbered on from where they were`, () =>
    atTwoSites(kind, other, async (home, away) => {
      let left: Dump = {};
      const { token, now } = await inHouse(home, async (world) => {
        const bob = await makePersonWithCode(world);
        const session = await signIn(world, bob);
        // As where the newest rows of the log have been taken: the count is far behind the last one.
        const skipped = world.databaseUrl
          ? "select setval('audit_sequence_seq', 5000)"
          : "update sqlite_sequence set seq = 5000 where name = 'audit'";
        alter(world, skipped);
        const refused = await home.run(['db', 'copy', '--from', home.address, '--to', away.address]);
        assert.equal(refused.code, 1);
        assert.match(
          refused.stderr,
          /^countersign: Instance \S+ \(\S+\) serves on this database\. Stop every instance/,
        );
        await world.server.close();
        left = dump(world);
        return { token: session, now: world.now() };
      });

      const done = await home.run(['db', 'copy', '--from', home.address, '--to', away.address]);
      assert.equal(done.code, 0, done.stderr);
      assert.match(
        done.stdout,
        /^Copied 1 account \(\d+ rows in 22 tables\); read back, every table has the same content/,
      );
      assert.deepEqual(plain(dump(worldAt(away))), plain(left));

      await inHouse(away, async (world) => {
        world.turn(now - world.now());
        assert.ok(await isAlive(world, token), 'who is signed in stays so');
        await world.server.users.create({ name: 'carol' });
        const rows = dump(world)['audit'] ?? [];
        const fresh = rows.slice(left['audit']?.length).map(({ sequence }) => sequence);
        assert.deepEqual(fresh, [5001, 5002], 'the account and the link that was made with it');
        const log = await away.run(['audit', 'verify']);
        assert.equal(log.code, 0, log.stderr);
      });
    }));
}

test('nothing is copied over a database that is there, onto itself, or from one that is not', () =>
  atTwoSites('SQLite', 'PostgreSQL', async (home, away) => {
    const missing = await home.run(['db', 'copy', '--from', home.address, '--to', away.address]);
    assert.deepEqual(
      [missing.code, missing.stderr],
      [1, 'countersign: There is no database of Countersign to be copied from.\n'],
    );
    for (const site of [home, away]) await inHouse(site, (world) => makePersonWithCode(world));
    const full = await home.run(['db', 'copy', '--from', home.address, '--to', away.address]);
    assert.equal(full.code, 1);
    assert.match(
      full.stderr,
      /^countersign: There is a database already, with rows in its table "users", and nothing is/,
    );
    const itself = await home.run(['db', 'copy', '--to', home.address]);
    assert.deepEqual([itself.code, itself.stderr], [2, 'countersign: --from and --to are the same database.\n']);
    for (const args of [[], ['--from', 'mysql://x'], ['--from', 'sqlite:']])
      assert.equal((await home.run(['db', 'copy', ...args])).code, 2);
  }));

test('the database of the options is the one that is not named, and an empty one that has our tables already will do', () =>
  atTwoSites('SQLite', 'PostgreSQL', async (home, away) => {
    await inHouse(home, (world) => makePersonWithCode(world));
    const migrated = await away.run(['db', 'migrate']);
    assert.match(migrated.stdout, /^Made a new database \(0012-passkeys\)\.$/m);
    assert.match((await away.run(['db', 'migrate'])).stdout, /^It is up to date \(0012-passkeys\)\.$/m);
    const done = await away.run(['db', 'copy', '--from', home.address]);
    assert.equal(done.code, 0, done.stderr);
    assert.match((await away.run(['user', 'list'])).stdout, /^bob +user +enabled/m);
  }));

test('what this service never writes is copied nowhere, and said', () =>
  atSite('PostgreSQL', async (away) => {
    for (const [change, named] of [
      ["created_at = 'yesterday'", 'Column "created_at" of table "users" holds something'],
      ['created_at = 9007199254740993', 'Table "users" has rows that this service never writes'],
      ['created_at = 1.5', 'Column "created_at" of table "users" holds something'],
      ["name = x'ff'", 'Column "name" of table "users" holds something'],
      ['id = null', 'Table "users" has rows that this service never writes'],
    ] as const) {
      await atSite('SQLite', async (home) => {
        await inHouse(home, async (world) => {
          await world.server.users.create({ name: 'alice' });
          alter(world, 'delete from password_links');
          alter(world, `update users set ${change}`);
        });
        const refused = await away.run(['db', 'copy', '--from', home.address]);
        assert.equal(refused.code, 1);
        assert.match(refused.stderr, new RegExp(`^countersign: ${named}`), change);
      });
    }
    assert.equal((await away.run(['user', 'list'])).code, 1, 'nothing is there');
  }));

/** Runs a story in a world at a site. */
async function inHouse<T>({ options, folder }: Site, story: (world: World) => Promise<T>): Promise<T> {
  let result: T | undefined;
  await inWorld(
    async (world) => {
      // As late as the command line takes it to be, so that it knows who is alive.
      world.turn(Date.now() - world.now());
      await world.restart();
      result = await story(Object.assign(world, { folder }));
    },
    options,
    { argon2: quickHash },
  );
  return result as T;
}

/** What is needed to look into the database of a site that nobody serves. */
const worldAt = ({ options, folder }: Site): World => ({ databaseUrl: options.databaseUrl, folder }) as World;

/** Rows without what is another database's way to show them, each table's in one order. */
function plain(all: Dump): Record<string, string[]> {
  const tables = Object.entries(all).filter(([name]) => !['schema_history', 'instances'].includes(name));
  return Object.fromEntries(
    tables.map(([name, rows]) => [
      name,
      rows.map((row) => JSON.stringify(Object.entries(row).map(asText).sort())).sort(),
    ]),
  );
}

const asText = ([name, value]: [string, unknown]): string =>
  `${name}: ${value instanceof Uint8Array ? Buffer.from(value).toString('hex') : JSON.stringify(value)}`;
