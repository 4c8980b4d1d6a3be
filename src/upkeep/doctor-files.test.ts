import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diskFinding, fileInFolder } from './doctor-files.ts';

test('a disk that fills up is a warning below a gigabyte, and a failure below 64 megabytes', () => {
  const states = [2 ** 30, 2 ** 30 - 1, 64 * 2 ** 20, 64 * 2 ** 20 - 1, 0].map((free) => diskFinding('.', free).state);
  assert.deepEqual(states, ['ok', 'warning', 'warning', 'failure', 'failure']);
});

test('a file of another user than its folder is a failure, with the command that gives it back', () => {
  const [found, ...more] = fileInFolder(
    'data/countersign.db',
    { mode: 0o100600, uid: 0 },
    { mode: 0o40700, uid: 1000 },
  );
  assert.deepEqual([found?.state, found?.todo, more], ['failure', 'Run `chown 1000 data/countersign.db`.', []]);
  assert.deepEqual(
    fileInFolder('data/countersign.db', { mode: 0o100600, uid: 1000 }, { mode: 0o40700, uid: 1000 }),
    [],
  );
});
