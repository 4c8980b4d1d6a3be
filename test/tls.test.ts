/** TLS of our own, as a client that would take less finds it (ASVS 12.1.1, 12.1.2). */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type ConnectionOptions, connect } from 'node:tls';
import { makeCertificate } from './certificate.ts';
import { listen } from './listening.ts';
import { makeWorld } from './server.ts';

const folder = await mkdtemp(join(tmpdir(), 'countersign-tls-'));
after(() => rm(folder, { recursive: true }));
/** One service with each kind of key: without forward secrecy a suite needs an RSA key, the other would hide it. */
const [ec, rsa] = [await serve('ec'), await serve('rsa')];

test('the newest TLS is spoken, the one before is, and nothing older', async () => {
  assert.deepEqual((await agreed({})).slice(0, 1), ['TLSv1.3']);
  assert.deepEqual((await agreed({ maxVersion: 'TLSv1.2' })).slice(0, 1), ['TLSv1.2']);
  for (const version of ['TLSv1', 'TLSv1.1'] as const) {
    const old = agreed({ minVersion: version, maxVersion: version, ciphers: 'ALL@SECLEVEL=0' });
    await assert.rejects(old, /protocol version|alert/i, version);
  }
});

test('only suites with forward secrecy and authenticated encryption are agreed on, the strongest first', async () => {
  const only = (ciphers: string, service = ec) =>
    agreed({ maxVersion: 'TLSv1.2', ciphers: `${ciphers}:@SECLEVEL=0` }, service);
  const weak = [
    ...['ECDHE-ECDSA-AES128-SHA256', 'ECDHE-ECDSA-AES256-SHA', 'NULL'].map((suite) => [suite, ec] as const),
    ...['AES128-GCM-SHA256', 'AES256-SHA', 'ECDHE-RSA-AES128-SHA256'].map((suite) => [suite, rsa] as const),
  ];
  for (const [suite, service] of weak)
    await assert.rejects(only(suite, service), /handshake failure|no cipher|alert/i, suite);
  const strong = 'ECDHE-RSA-AES256-GCM-SHA384';
  assert.equal((await only(strong, rsa))[1], strong, 'the RSA key is no reason to refuse');
  const asked = 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384';
  assert.equal((await only(asked))[1], 'ECDHE-ECDSA-AES256-GCM-SHA384', 'whatever the client would rather have');
});

interface Service {
  port: number;
  cert: string;
}

/** A service with a certificate of its own, until the tests are over. */
async function serve(kind: 'ec' | 'rsa'): Promise<Service> {
  const { cert, key } = makeCertificate(kind);
  const [tlsCert, tlsKey] = [join(folder, `${kind}.pem`), join(folder, `${kind}.key`)];
  await Promise.all([writeFile(tlsCert, cert), writeFile(tlsKey, key, { mode: 0o600 })]);
  const world = await makeWorld({ tlsCert, tlsKey });
  after(() => world.close());
  return { port: (await listen(world)).port, cert };
}

/** Version and suite that a client with these wishes ends up with; rejects where there are none. */
async function agreed(wishes: ConnectionOptions, { port, cert }: Service = ec): Promise<[string | null, string]> {
  const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ca: cert, ...wishes });
  try {
    await once(socket, 'secureConnect');
    return [socket.getProtocol(), socket.getCipher().name];
  } finally {
    socket.destroy();
  }
}
