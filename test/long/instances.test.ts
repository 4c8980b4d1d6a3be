import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createKeyFile } from '../../src/upkeep/upkeep.ts';
import { begin, countersign, inFolder, type Run } from '../cli/process.ts';
import { freshDatabase } from '../databases/fresh.ts';
import { oneOfMany, password, startInstances } from '../instances.ts';

test('of twelve sign-ins with one code, over two and over three processes on one PostgreSQL, one succeeds: 100 codes', async () => {
  const { urls, service, stop } = await startInstances(3, { hash: 'quick', pause: 100, on: 'PostgreSQL' });
  try {
    const names = Array.from({ length: 50 }, (_, index) => `user${index}`);
    // Four people at once, so that rounds meet one another too.
    const rounds = async (): Promise<void> => {
      for (let name = names.pop(); name !== undefined; name = names.pop())
        await oneOfMany({ urls: urls.slice(names.length % 2), service }, name, 12);
    };
    await Promise.all([rounds(), rounds(), rounds(), rounds()]);
    assert.deepEqual((await service.audit.verify(service.database)).faults, []);
  } finally {
    await stop();
  }
});

test('three instances behind a proxy are restarted one after another under load, and nobody is refused', () =>
  inFolder(async (folder) => {
    const fresh = await freshDatabase();
    const env = { COUNTERSIGN_DATABASE_URL: fresh.url, COUNTERSIGN_KEY_FILE: join(folder, 'countersign.keys') };
    await createKeyFile(env.COUNTERSIGN_KEY_FILE, 'or fail');
    for (const name of ['alice', 'zoe'])
      assert.equal((await countersign(['user', 'create', name], { folder, env, stdin: `${password}\n` })).code, 0);
    const start = async (): Promise<Backend> => {
      const run = begin(['serve', '--host', '127.0.0.1', '--port', '0', '--drain', '2s'], { folder, env });
      const [, port] = await run.until(/Listening on http:\/\/127\.0\.0\.1:(\d+)\./);
      return { run, port: Number(port), ready: false, agent: new Agent({ keepAlive: true }) };
    };
    const backends = await Promise.all([start(), start(), start()]);
    const proxy = await startProxy(backends);
    try {
      while (!backends.every(({ ready }) => ready)) await sleep(50);
      const load = await beginLoad(proxy.port);
      for (const index of backends.keys()) {
        const old = backends[index];
        old?.run.child.kill('SIGTERM');
        assert.equal((await old?.run.end)?.code, 0, old?.run.stderr());
        const next = await start();
        backends[index] = next;
        while (!next.ready) await sleep(50);
      }
      const statuses = await load.end();
      assert.deepEqual([...statuses.keys()], [200], `${[...statuses]} ${proxy.errors}`);
      assert.ok(Number(statuses.get(200)) > 500, `${statuses.get(200)} requests`);
    } finally {
      await proxy.stop();
      for (const { run } of backends) run.child.kill('SIGINT');
      await Promise.all(backends.map(({ run }) => run.end));
      await fresh.drop();
    }
  }));

interface Backend {
  run: Run;
  port: number;
  ready: boolean;
  agent: Agent;
}

/** A small proxy as people have them: it asks `/readyz` now and then, keeps connections, and tries nothing twice. */
async function startProxy(backends: Backend[]) {
  const errors: string[] = [];
  let turn = 0;
  const server = createServer((asked, answer) => {
    const ready = backends.filter((backend) => backend.ready);
    turn += 1;
    const { port, agent } = ready[turn % ready.length] ?? { port: 1, agent: new Agent() };
    const { method, url: path, headers } = asked;
    const passed = request({
      host: '127.0.0.1',
      port,
      agent,
      method,
      path,
      headers: { ...headers, connection: 'keep-alive' },
    });
    passed.on('response', (response) => {
      answer.writeHead(response.statusCode ?? 0, { 'content-type': response.headers['content-type'] });
      response.pipe(answer);
    });
    passed.on('error', (error) => {
      errors.push(`${method} ${path}: ${error.message}`);
      answer.writeHead(502).end();
    });
    asked.pipe(passed);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const look = async (backend: Backend): Promise<void> => {
    backend.ready = (await statusOf({ port: backend.port, path: '/readyz' }).catch(() => 0)) === 200;
  };
  let stopped = false;
  const looking = (async () => {
    while (!stopped) {
      await Promise.all(backends.map(look));
      await sleep(100);
    }
  })();
  return {
    port: (server.address() as AddressInfo).port,
    errors,
    async stop() {
      stopped = true;
      await looking;
      server.closeAllConnections();
      server.close();
    },
  };
}

/** People who ask who they are, and two who sign in all the time. */
async function beginLoad(port: number) {
  const agent = new Agent({ keepAlive: true });
  const statuses = new Map<number, number>();
  let ended = false;
  const authorization = (name: string) => `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
  const signIn = { port, agent, method: 'POST', path: '/auth/credentials' };
  const reply = await fetch(`http://127.0.0.1:${port}/auth/credentials`, {
    method: 'POST',
    headers: { authorization: authorization('alice') },
  });
  const { token } = (await reply.json()) as { token: string };
  const whoami = { port, agent, path: '/whoami', headers: { authorization: `Bearer ${token}` } };
  const person = async (asking: object): Promise<void> => {
    while (!ended) {
      const status = await statusOf(asking);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      await sleep(5);
    }
  };
  const zoe = { ...signIn, headers: { authorization: authorization('zoe') } };
  const people = [zoe, zoe, ...Array.from({ length: 10 }, () => whoami)].map(person);
  return {
    async end(): Promise<Map<number, number>> {
      ended = true;
      await Promise.all(people);
      return statuses;
    },
  };
}

async function statusOf(asking: object): Promise<number> {
  const [response] = (await once(request({ host: '127.0.0.1', ...asking }).end(), 'response')) as [IncomingMessage];
  await once(response.resume(), 'end');
  return response.statusCode ?? 0;
}
