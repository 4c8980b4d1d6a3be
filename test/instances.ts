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
import type { Options } from '../src/options.ts';
import { createServer } from '../src/server.ts';
import { openService, type Service } from '../src/service.ts';
import { codeAt, period } from '../src/totp/code.ts';
import { createKeyFile } from '../src/upkeep/upkeep.ts';
import { freshDatabase } from './databases/fresh.ts';
import { endless } from './endless.ts';
import { quickHash } from './quick-hash.ts';

const itself = fileURLToPath(import.meta.url);
export const password = 'four unrelated plain words';

/** Several processes on one database, and beside them what an operator has on the same one. */
export interface Instances {
  urls: string[];
  service: Service;
  stop(): Promise<void>;
}

/** What the processes are. */
interface Kind {
  /**
   * `quick` takes a hash that costs nothing and waits between judging a code and spending it, so that all of many
   * parallel requests have found their code good before the first one spends it.
   */
  hash: 'quick' | 'argon2';
  /** How long that wait is, in milliseconds. */
  pause?: number;
  /** Nobody is slowed down or turned away, so that what parallel requests meet is the code that judges and spends. */
  limits?: 'endless' | 'usual';
  on?: 'SQLite' | 'PostgreSQL';
  publicUrl?: string;
}

/** Starts so many processes at once, on a database that is empty: that is a race as well. */
export async function startInstances(count: number, kind: Kind): Promise<Instances> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-instances-'));
  const fresh = kind.on === 'PostgreSQL' ? await freshDatabase('empty') : undefined;
  const { publicUrl = '' } = kind;
  const place = { data: join(folder, 'data'), keyFile: join(folder, 'keys', 'k'), databaseUrl: fresh?.url ?? '' };
  const options = { ...place, publicUrl };
  if (fresh) await createKeyFile(options.keyFile, 'or fail');
  const children: ChildProcess[] = [];
  const start = async (): Promise<string> => {
    const child = fork(itself, [JSON.stringify(options), JSON.stringify(kind)]);
    children.push(child);
    const [port] = await Promise.race([once(child, 'message'), once(child, 'exit')]);
    return `http://127.0.0.1:${port}`;
  };
  const urls = await Promise.all(Array.from({ length: count }, start));
  const service = await openService(options, kind.hash === 'quick' ? { argon2: quickHash } : {});
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
      await fresh?.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * So many sign-ins at the same moment, spread over all instances, all with the same code: of the app, then a recovery
 * code. Exactly one of each may be right.
 */
export async function oneOfMany(
  { urls, service }: Pick<Instances, 'urls' | 'service'>,
  name: string,
  count = 50,
): Promise<void> {
  const [url = ''] = urls;
  const { secret, recoveryCode } = await makeBob({ url, service }, name);
  for (const body of [{ otp: codeAt(secret, Date.now()) }, { recovery_code: recoveryCode }]) {
    const replies = await Promise.all(
      Array.from({ length: count }, (_, index) => signIn(urls[index % urls.length] ?? '', name, body)),
    );
    const tokens = replies.flatMap(({ token }) => token ?? []);
    const refused = replies.filter((reply) => reply.status === 401 && reply.code === 2);
    assert.deepEqual([tokens.length, refused.length], [1, count - 1], replies.map(({ status }) => status).join());
    for (const url of urls) {
      const who = await send(url, 'GET', '/whoami', `Bearer ${tokens[0]}`);
      assert.equal(await who.text(), JSON.stringify(name), 'every instance knows the session');
      const again = await signIn(url, name, body);
      assert.deepEqual(again, { status: 401, token: null, code: 2 }, 'and that the code is spent');
    }
  }
}

/** Somebody with an authenticator, bound by the code of the step before this one, so that this one's is unspent. */
export async function makeBob(
  { url, service }: { url: string; service: Service },
  name: string,
): Promise<{ secret: Buffer; recoveryCode: string }> {
  await service.admin.create('operator', { name, password, administrator: false });
  const { token } = await signIn(url, name);
  const qr = await send(url, 'GET', '/auth/otp/generate', `Bearer ${token}`);
  const secret = Buffer.from(decodeBase32(((await qr.json()) as { secret: string }).secret) ?? []);
  // Should the next step begin before it is judged, the code would be one too old.
  const left = period - (Date.now() % period);
  if (left < 5000) await sleep(left);
  const otp = codeAt(secret, Date.now() - period);
  const enabled = await send(url, 'PUT', '/auth/otp/enable', `Bearer ${token}`, { enabled: true, otp });
  assert.equal(enabled.status, 200);
  const { recovery_codes } = (await enabled.json()) as { recovery_codes: string[] };
  return { secret, recoveryCode: recovery_codes[3] ?? '' };
}

/** Signs in over the API, with the right password where none is given. */
export async function signIn(
  url: string,
  name: string,
  body?: object,
  secret = password,
): Promise<{ status: number; token: string | null; code: number }> {
  const basic = `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`;
  const reply = await send(url, 'POST', '/auth/credentials', basic, body);
  const { token, status } = (await reply.json()) as { token: string | null; status: number };
  return { status: reply.status, token, code: status };
}

export function send(
  url: string,
  method: string,
  path: string,
  authorization: string,
  body?: object,
): Promise<Response> {
  const headers = {
    authorization,
    accept: 'application/json',
    ...(body ? { 'content-type': 'application/json' } : {}),
  };
  return fetch(`${url}${path}`, { method, headers, body: body ? JSON.stringify(body) : null });
}

/** What runs in each process. Tells its parent the port. */
async function serve(options: Partial<Options>, { hash, pause = 400, limits = 'endless' }: Kind): Promise<void> {
  const server = await createServer(
    { ...options, hashQueue: 1000, logLevel: 'error' },
    { ...(limits === 'endless' ? { limits: endless } : {}), ...(hash === 'quick' ? { argon2: quickHash } : {}) },
  );
  if (hash === 'quick') {
    const { totp, passkeys } = server.service;
    totp.judge = pausing(totp.judge, pause);
    passkeys.judge = pausing(passkeys.judge, pause);
  }
  await server.listen({ host: '127.0.0.1', port: 0 });
  process.send?.((server.server.address() as AddressInfo).port);
  process.once('disconnect', () => void server.close());
}

/** The same, with a pause behind it. */
function pausing<Given extends unknown[], Verdict>(
  judge: (...given: Given) => Promise<Verdict>,
  pause: number,
): (...given: Given) => Promise<Verdict> {
  return async (...given) => {
    const verdict = await judge(...given);
    await sleep(pause);
    return verdict;
  };
}

if (import.meta.main) {
  const [options = '', kind = ''] = process.argv.slice(2);
  await serve(JSON.parse(options) as Partial<Options>, JSON.parse(kind) as Kind);
}
