import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actorOfServiceToken, readActor } from './actors.ts';

test('the log tells a user, the operator and a program apart', () => {
  assert.deepEqual(readActor('hV3mZ0Yk7Qd1sW9xTb2e'), { kind: 'user', id: 'hV3mZ0Yk7Qd1sW9xTb2e' });
  assert.deepEqual(readActor('operator'), { kind: 'operator' });
  assert.deepEqual(readActor(actorOfServiceToken('t1')), { kind: 'service token', id: 't1' });
});

test('the actor of a service token is written as people filter by it', () => {
  assert.equal(actorOfServiceToken('t1'), 'service-token:t1');
});
