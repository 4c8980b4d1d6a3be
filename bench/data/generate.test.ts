import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { resolveOptions } from '../../src/options.ts';
import { createServer } from '../../src/server.ts';
import { examine } from '../../src/upkeep/upkeep.ts';
import { type DataSet, describe, generate } from './generate.ts';

const given = { users: 1000, seed: 'a test', password: 'four unrelated plain words' };

test('a server takes a generated folder for its own: password, tokens, and nothing for the doctor', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-bench-'));
  try {
    const set = await generate({ ...given, folder });
    const { data, keyFile, names, tokens, password } = set;
    assert.deepEqual(withoutNames(describe({ ...given, data, keyFile })), withoutNames(set));
    assert.deepEqual([names(0), names(999)], ['edsger.0', 'ken.rr'], 'the same for the same seed');
    assert.equal(new Set(tokens).size, 1000);

    const findings = await examine(resolveOptions({ data, keyFile }), systemClock);
    const faults = findings.filter(({ state }) => state !== 'ok').map(({ check }) => check);
    assert.deepEqual(faults, ['mark'], 'none is kept');

    const server = await createServer({ data, keyFile });
    for (const index of [0, 500, 999]) {
      const authorization = `Bearer ${tokens[index]}`;
      const whoami = await server.inject({ url: '/whoami', headers: { authorization } });
      assert.deepEqual([whoami.statusCode, whoami.json()], [200, names(index)]);
    }
    const basic = Buffer.from(`${names(321)}:${password}`).toString('base64');
    const headers = { authorization: `Basic ${basic}` };
    const signedIn = await server.inject({ method: 'POST', url: '/auth/credentials', headers });
    assert.equal(signedIn.json().status, 0);
    await server.close();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('of many sessions the tokens of some are answered, spread over all of them', () => {
  const { tokens, names } = describe({ ...given, users: 1_000_000, data: '', keyFile: '' });
  assert.equal(tokens.length, 10_000);
  const few = describe({ ...given, users: 901, data: '', keyFile: '' });
  assert.deepEqual([tokens[0], tokens[9]], [few.tokens[0], few.tokens[900]]);
  assert.equal(new Set(Array.from({ length: 5000 }, (_, index) => names(index))).size, 5000);
});

const withoutNames = ({ names, ...rest }: DataSet): unknown => ({ first: names(0), ...rest });
