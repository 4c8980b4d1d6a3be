import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { resolveOptions } from '../options.ts';
import { countRequests, createHttp, route } from './http.ts';

/** What a service logs that has one route, which fails. */
async function logOf(logLevel: 'info' | 'warn' | 'silent'): Promise<{ id: unknown; lines: Record<string, unknown>[] }> {
  let log = '';
  const logStream = new Writable({
    write(chunk, _encoding, done) {
      log += chunk;
      done();
    },
  });
  const nobody = async () => undefined;
  const lookups = { findSession: nobody, findHalfSignIn: nobody, findServiceToken: nobody };
  const parts = { clock: () => 0, lookups, origins: () => [], inFlight: countRequests(), logStream };
  const app = await createHttp(resolveOptions({ logLevel }), parts);
  route(app, {
    method: 'GET',
    url: '/fails',
    access: 'anyone',
    operationId: 'fails',
    summary: '',
    tag: '',
    answers: { 200: { description: '' } },
    handle: async () => {
      throw Object.assign(new Error('Broken.'), { secret: 'a secret' });
    },
  });
  const { headers } = await app.inject('/fails');
  await app.close();
  const lines = log.split('\n').filter((line) => line !== '');
  return { id: headers['request-id'], lines: lines.map((line) => JSON.parse(line)) };
}

test('all lines of a request have its id, which the answer has too', async () => {
  const { id, lines } = await logOf('info');
  assert.deepEqual(
    lines.map(({ level, msg, reqId }) => ({ level, msg, reqId })),
    [
      { level: 50, msg: 'internal', reqId: id },
      { level: 30, msg: 'request', reqId: id },
    ],
  );
  assert.match(String(id), /^[\w-]{20}$/);
  assert.doesNotMatch(JSON.stringify(lines), /a secret/);
});

test('the level decides whether a request has a line', async () => {
  assert.deepEqual(
    (await logOf('warn')).lines.map(({ msg }) => msg),
    ['internal'],
  );
  assert.deepEqual((await logOf('silent')).lines, []);
});
