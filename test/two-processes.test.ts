import assert from 'node:assert/strict';
import { test } from 'node:test';
import { oneOfMany, startInstances } from './instances.ts';
import { oneOfManyAnswers, withPasskeys } from './passkey-instances.ts';

test('of fifty sign-ins with one code, on two processes that share a database, one succeeds', async () => {
  const instances = await startInstances(2, { hash: 'quick' });
  try {
    for (const name of ['alice', 'bob']) await oneOfMany(instances, name);
    const { audit, database } = instances.service;
    const { rows, chains, faults } = await audit.verify(database);
    assert.ok(rows > 200, 'every one is in the audit log');
    assert.deepEqual({ chains, faults }, { chains: 3, faults: [] }, 'in which each process writes a chain');
  } finally {
    await instances.stop();
  }
});

test('of fifty sign-ins with one answer of a passkey, or with copies of it, on two processes, one succeeds', async () => {
  const instances = await startInstances(2, { hash: 'quick', ...withPasskeys });
  try {
    for (const name of ['alice', 'bob']) await oneOfManyAnswers(instances, name);
  } finally {
    await instances.stop();
  }
});
