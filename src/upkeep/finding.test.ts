import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tried } from './finding.ts';

test('a check that cannot be made is a failure, which says what to do', async () => {
  const [found, ...more] = await tried('disk', () => assert.fail('nothing is there.'));
  assert.deepEqual([found?.check, found?.state, more], ['disk', 'failure', []]);
  assert.equal(found?.found, 'This could not be examined: nothing is there.');
  assert.match(found?.todo ?? '', /^Mend what that says and run `countersign doctor` again/);
});
