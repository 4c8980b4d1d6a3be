import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeOlder, onPostgres, onSqlite } from '../../../test/databases/places.ts';
import type { DatabasePlace } from '../database.ts';
import { migrationNames, type Upgrade } from './migrate.ts';

const opener = fileURLToPath(new URL('../../../test/databases/opener.ts', import.meta.url));

/** What each of four processes has done to each place; all begin at the same moment. */
async function openAtOnce(places: DatabasePlace[]): Promise<Upgrade[][]> {
  const processes = Array.from({ length: 4 }, () => fork(opener));
  await Promise.all(processes.map((one) => once(one, 'message')));
  return Promise.all(
    processes.map(async (one) => {
      one.send(places);
      const [upgrades] = await Promise.race([once(one, 'message'), once(one, 'exit')]);
      return upgrades;
    }),
  );
}

test('of four processes that start at once, one brings each database up to date, and all go on', () =>
  onSqlite((ours) =>
    onSqlite((older) =>
      onPostgres((server) =>
        onPostgres(async (olderServer) => {
          const last = migrationNames.at(-1) ?? '';
          for (const { place } of [older, olderServer]) await makeOlder(place, migrationNames.at(-2) ?? '');

          const all = [ours, older, server, olderServer];
          const done = await openAtOnce(all.map(({ place }) => place));
          const expected = [migrationNames, [last], migrationNames, [last]];
          for (const [index, ran] of expected.entries()) {
            const upgrades = done.map((each) => each[index]);
            assert.deepEqual(
              upgrades.flatMap((upgrade) => upgrade?.ran ?? assert.fail('a process has failed')),
              ran,
            );
            const copies = upgrades.flatMap((upgrade) => upgrade?.copy ?? []);
            assert.deepEqual(copies, all[index] === older ? [`${older.file}.before-${last}`] : []);
          }
        }),
      ),
    ),
  ));
