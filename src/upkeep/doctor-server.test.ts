import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServerFacts } from '../database/database.ts';
import { serverFindings } from './doctor-server.ts';

const sound: ServerFacts = {
  version: '18.1',
  database: 'countersign',
  address: '10.0.0.5:5432',
  isHere: false,
  tls: 'TLSv1.3',
  waitsFor: 'FIRST 1 (second)',
  followers: 1,
  freeConnections: 40,
  neededConnections: 12,
};

const said = (facts: Partial<ServerFacts>): string[] =>
  serverFindings({ ...sound, ...facts }).map(({ state, found }) => `${state}: ${found}`);

test('of a server in order, its version, address and standbys are said, and nothing else', () => {
  assert.deepEqual(said({}), [
    'ok: PostgreSQL 18.1, countersign at 10.0.0.5:5432, TLSv1.3. It keeps what it acknowledges. A commit waits for standbys: FIRST 1 (second).',
  ]);
  const alone = { address: null, isHere: true, tls: null, waitsFor: '', followers: 0 };
  assert.deepEqual(said(alone), [
    'ok: PostgreSQL 18.1, countersign, without TLS. It keeps what it acknowledges. A commit waits for no standby.',
  ]);
});

test('a network in clear, standbys that nobody waits for or that are gone, and too little room are found', () => {
  const [, ...found] = said({ tls: null, waitsFor: '', followers: 2, freeConnections: 11 });
  assert.deepEqual(found, [
    'warning: What travels between here and the database is not encrypted.',
    'warning: 2 standbys follow, and no commit waits for any: a fail-over loses what was acknowledged last.',
    'warning: The server has room for 11 more connections, and an instance takes up to 12.',
  ]);
  assert.deepEqual(said({ followers: 0 }).slice(1), [
    'failure: Commits wait for standbys (FIRST 1 (second)), and none follows: nothing can be written.',
  ]);
  assert.deepEqual(said({ freeConnections: 12 }).slice(1), []);
});
