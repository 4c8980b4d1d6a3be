import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sql } from 'kysely';
import { holdWhole } from '../../src/database/database.ts';
import { countersign } from '../cli/process.ts';
import { atTwoSites, kinds, otherThan, type Site } from '../databases/backup-steps.ts';

/** A large database, by processes that have little memory: nothing of a backup is ever held as a whole. */
const sessions = 15_000;
const little = { NODE_OPTIONS: '--max-old-space-size=56' };

for (const kind of kinds) {
  const other = otherThan(kind);
  test(`${sessions} sessions on ${kind} are backed up and put back into ${other} in less memory than they take`, (t) =>
    atTwoSites(kind, other, async (home, away) => {
      const verb = async (site: Site, ...args: string[]): Promise<string> => {
        const done = await countersign(args, { folder: site.folder, env: { ...site.env, ...little } });
        assert.equal(done.code, 0, `${args.join(' ')}: ${done.stderr}`);
        return done.stdout;
      };
      const password = 'four unrelated plain words\n';
      await countersign(['user', 'create', 'alice'], { folder: home.folder, env: home.env, stdin: password });
      await holdWhole(home.place, async (tx) => {
        const hash = kind === 'SQLite' ? sql`randomblob(32)` : sql`sha256(n::text::bytea)`;
        await sql`insert into sessions (id, token_hash, user_id, created_at, expires_at, last_seen_at, password_at, address, user_agent)
          with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${sql.lit(sessions)})
          select 'session-' || n, ${hash}, users.id, n, 4102444800000, n, n, '2001:db8::1', ${'x'.repeat(4000)}
          from numbers cross join users`.execute(tx);
      });
      const file = join(home.folder, 'all.backup');
      await verb(home, 'db', 'backup', file);
      const megabytes = statSync(file).size / 1e6;
      t.diagnostic(`${megabytes.toFixed(0)} MB`);
      assert.ok(megabytes > 60, 'the heap may have 56');
      assert.match(await verb(away, 'db', 'restore', file), new RegExp(`^Ended: ${sessions} sessions,`, 'm'));
    }));
}
