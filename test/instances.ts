import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { decodeBase32 } from '../src/base32.ts';
import { createServer } from '../src/server.ts';
import { openService, type Service } from '../src/service.ts';
import { codeAt, period } from '../src/totp/code.ts';
import { endless } from './endless.ts';
import { quickHash } from './quick-hash.ts';

const itself = fileURLToPath(import.meta.url);
const password = 'four unrelated plain words';

/** Two processes on one SQLite file, and beside them what an operator has on the same file. */
export interface Instances {
  urls: [string, string];
  service: Service;
  stop(): Promise<void>;
}

/**
 * `quick` takes a hash that costs nothing and waits between judging a code and spending it, so that all of many parallel
 * requests have found their code good before the first one spends it.
 */
export async function startTwo(hash: 'quick' | 'argon2'): Promise<Instances> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-instances-'));
  const options = { data: join(folder, 'data'), keyFile: join(folder, 'keys', 'k') };
  const children: ChildProcess[] = [];
  const start = async (): Promise<string> => {
    const child = fork(itself, [options.data, options.keyFile, hash]);
    children.push(child);
    const [port] = await Promise.race([once(child, 'message'), once(child, 'exit')]);
    return `http://127.0.0.1:${port}`;
  };
  // Both at once, on an empty folder: that is a race as well.
  const urls: [string, string] = await Promise.all([start(), start()]);
  const service = await openService(options, hash === 'quick' ? { argon2: quickHash } : {});
  return {
    urls,
    service,
    async stop() {
      await service.close();
      await Promise.all(
        children.map(async (child) => {
          if (child.connected) child.disconnect();
          if (child.exitCode === null) await once(child, 'exit');
        }),
      );
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Fifty sign-ins at the same moment, half of them to each instance, all with the same code: of the app, then a recovery
 * code. Exactly one of each fifty may be right.
 */
export async function oneOfFifty({ urls, service }: Instances, name: string): Promise<void> {
  await service.admin.create('operator', { name, password, administrator: false });
  const { secret, recoveryCode } = await enrol(urls[0], name);
  for (const body of [{ otp: codeAt(secret, Date.now()) }, { recovery_code: recoveryCode }]) {
    const replies = await Promise.all(
      Array.from({ length: 50 }, (_, index) => signIn(urls[index % 2] ?? '', name, body)),
    );
    const tokens = replies.flatMap(({ token }) => token ?? []);
    const refused = replies.filter((reply) => reply.status === 401 && reply.code === 2);
    assert.deepEqual([tokens.length, refused.length], [1, 49], replies.map(({ status }) => status).join());
    for (const url of urls) {
      const who = await send(url, 'GET', '/whoami', `Bearer ${tokens[0]}`);
      assert.equal(await who.text(), JSON.stringify(name), 'either instance knows the session');
      const again = await signIn(url, name, body);
      assert.deepEqual(again, { status: 401, token: null, code: 2 }, 'and that the code is spent');
    }
  }
}

/** Binds an authenticator by the code of the step before this one, so that this one's is unspent. */
async function enrol(url: string, name: string): Promise<{ secret: Buffer; recoveryCode: string }> {
  const { token } = await signIn(url, name);
  const qr = await send(url, 'GET', '/auth/otp/generate', `Bearer ${token}`);
  const secret = Buffer.from(decodeBase32(((await qr.json()) as { secret: string }).secret) ?? []);
  const otp = codeAt(secret, Date.now() - period);
  const enabled = await send(url, 'PUT', '/auth/otp/enable', `Bearer ${token}`, { enabled: true, otp });
  const { recovery_codes } = (await enabled.json()) as { recovery_codes: string[] };
  return { secret, recoveryCode: recovery_codes[3] ?? '' };
}

async function signIn(
  url: string,
  name: string,
  body?: object,
): Promise<{ status: number; token: string | null; code: number }> {
  const basic = `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
  const reply = await send(url, 'POST', '/auth/credentials', basic, body);
  const { token, status } = (await reply.json()) as { token: string | null; status: number };
  return { status: reply.status, token, code: status };
}

function send(url: string, method: string, path: string, authorization: string, body?: object): Promise<Response> {
  const headers = {
    authorization,
    accept: 'application/json',
    ...(body ? { 'content-type': 'application/json' } : {}),
  };
  return fetch(`${url}${path}`, { method, headers, body: body ? JSON.stringify(body) : null });
}

/**
 * What runs in each process. Nobody is slowed down or turned away, so that what parallel requests meet is the code that
 * judges and spends. Tells its parent the port.
 */
async function serve(data: string, keyFile: string, hash: string): Promise<void> {
  const options = { data, keyFile, hashQueue: 1000, logLevel: 'error' } as const;
  const server = await createServer(options, { limits: endless, ...(hash === 'quick' ? { argon2: quickHash } : {}) });
  if (hash === 'quick') {
    const { totp } = server.service;
    const { judge } = totp;
    totp.judge = async (...given) => {
      const match = await judge(...given);
      await sleep(400);
      return match;
    };
  }
  await server.listen({ host: '127.0.0.1', port: 0 });
  process.send?.((server.server.address() as AddressInfo).port);
  process.once('disconnect', () => void server.close());
}

if (import.meta.main) {
  const [data = '', keyFile = '', hash = ''] = process.argv.slice(2);
  await serve(data, keyFile, hash);
}
