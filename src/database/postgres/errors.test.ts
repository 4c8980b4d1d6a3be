import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { judgeSqlite } from '../sqlite/errors.ts';
import { gaveUp, inWords } from '../trouble.ts';
import { judgePostgres, UnfitServer } from './errors.ts';

const withCode = (code: string, more: object = {}) => Object.assign(new Error('said'), { code, ...more });
const kindOf = (error: unknown) => judgePostgres(error)?.kind;

test('each error of PostgreSQL is one to wait for, to give up, to run again, to mend, or not the database’s', () => {
  const cases: Record<string, string[]> = {
    undone: ['40001', '40P01'],
    lost: ['08000', '08006', '57P01', '57P02', '57P05', '25P03', '25P04'],
    passing: ['57P03', '53300', '53200', '58030', '25006', '55P03', '57014'],
    lasting: [
      '08P01',
      '53100',
      '28P01',
      '28000',
      '3D000',
      '42501',
      'SELF_SIGNED_CERT_IN_CHAIN',
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
  };
  for (const [kind, codes] of Object.entries(cases))
    for (const code of codes) assert.equal(kindOf(withCode(code)), kind, code);
  for (const code of ['23505', '23503', '22P02', '42601', '25P02', 'ERR_INVALID_ARG_TYPE'])
    assert.equal(kindOf(withCode(code)), undefined, code);
  for (const none of [new Error('said'), new TypeError('connection'), 'connection terminated', undefined, null])
    assert.equal(kindOf(none), undefined);
});

test('what the driver says without a code is understood', () => {
  const cases = {
    lost: [
      'Connection terminated',
      'Connection terminated unexpectedly',
      'Client has encountered a connection error and is not queryable',
      'Client was closed and is not queryable',
    ],
    passing: [
      'timeout expired',
      'timeout exceeded when trying to connect',
      'Connection terminated due to connection timeout',
      'Query read timeout',
    ],
    lasting: [
      'The server does not support SSL connections',
      'SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a non-empty string',
    ],
  };
  for (const [kind, sayings] of Object.entries(cases))
    for (const saying of sayings) assert.equal(kindOf(new Error(saying)), kind, saying);
});

test('the operating system’s errors are of the way there, or of a connection that is lost', async () => {
  assert.equal(kindOf(withCode('ECONNREFUSED', { syscall: 'connect' })), 'passing');
  assert.equal(kindOf(withCode('ENOTFOUND', { syscall: 'getaddrinfo' })), 'passing');
  assert.equal(kindOf(withCode('EACCES', { syscall: 'connect' })), 'lasting');
  assert.equal(kindOf(withCode('ECONNRESET', { syscall: 'read' })), 'lost');
  assert.equal(kindOf(withCode('EPIPE', { syscall: 'write' })), 'lost');
  // A file that is missing is no server that is about to come.
  assert.equal(kindOf(withCode('ENOENT', { syscall: 'open' })), undefined);
  const refused = await new Promise((resolve) => connect({ port: 1, host: 'localhost' }).on('error', resolve));
  const { kind, sentence } = judgePostgres(refused) ?? assert.fail();
  assert.equal(kind, 'passing');
  assert.match(sentence, /^PostgreSQL cannot be reached \(connect ECONNREFUSED/);
  const said = (found: unknown): string => (found instanceof Error ? found.message : assert.fail());
  assert.match(said(inWords(judgePostgres, refused)), /\. The service goes on by itself when it is there again\.$/);
  const inVain = said(gaveUp(judgePostgres, refused, 30_000));
  assert.match(
    inVain,
    /\(COUNTERSIGN_DATABASE_URL\) names\. Gave up after 30 seconds; start it again when that is mended\.$/,
  );
  assert.doesNotMatch(
    said(gaveUp(judgePostgres, withCode('28P01'), 30_000)),
    /Gave up|goes on/,
    'nobody waits for that',
  );
});

test('of several servers, one that may come is enough to wait for', () => {
  const standby = new UnfitServer('This server of PostgreSQL is a standby', true);
  const locked = withCode('28P01');
  assert.equal(kindOf(new AggregateError([standby, locked])), 'passing');
  assert.equal(kindOf(new AggregateError([locked, locked])), 'lasting');
  assert.match(judgePostgres(new AggregateError([standby, locked]))?.sentence ?? '', /\(This server.* standby; said\)/);
});

test('errors of SQLite say what to do where it is the disk, and wait for others only', () => {
  const kinds = {
    5: 'passing',
    517: 'passing',
    6: 'passing',
    8: 'lasting',
    778: 'lasting',
    13: 'lasting',
    14: 'lasting',
  };
  for (const [errcode, kind] of Object.entries(kinds))
    assert.equal(judgeSqlite(withCode('ERR_SQLITE_ERROR', { errcode: Number(errcode) }))?.kind, kind, errcode);
  assert.equal(judgeSqlite(withCode('ERR_SQLITE_ERROR', { errcode: 2067 })), undefined);
  assert.match(judgeSqlite(withCode('ERR_SQLITE_ERROR', { errcode: 13 }))?.sentence ?? '', /full \(said\)\. Make room/);
});
