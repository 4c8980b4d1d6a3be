/** What happens to those who are just asking when the service is asked to stop: real processes, by the command line. */
import assert from 'node:assert/strict';
import dns from 'node:dns';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import { begin, countersign, inFolder, type Run } from './cli/process.ts';
import { quickHash } from './quick-hash.ts';
import { inWorld, makePerson } from './server.ts';

const password = 'correct horse battery staple';
const basic = `Basic ${Buffer.from(`alice:${password}`).toString('base64')}`;

describe('a service that is asked to stop', { concurrency: true }, () => {
  test('everybody whose sign-in has come in is answered, in full, and then it exits 0', () =>
    inFolder(async (folder) => {
      const made = await countersign(['user', 'create', 'alice'], { folder, stdin: `${password}\n` });
      assert.equal(made.code, 0, made.stderr);
      const { run, port } = await start(folder, '0s');
      // Of one request only the first line is there, of the others half.
      const late = connect(port, '127.0.0.1');
      late.write('GET /healthz HTTP/1.1\r\n');
      const sockets = await Promise.all(Array.from({ length: 20 }, () => halfSignIn(port)));
      const answers = sockets.map(readToEnd);
      const lateAnswer = readToEnd(late);
      run.child.kill('SIGTERM');
      await refused(port);
      late.write('Host: localhost\r\n\r\n');
      assert.match(await lateAnswer, /^HTTP\/1\.1 200 OK\r\n(?:.+\r\n)*connection: close\r\n/i);
      for (const socket of sockets) socket.write('}');
      for (const answer of await Promise.all(answers)) {
        assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
        assert.match(answer, /\r\nconnection: close\r\n/i);
        assert.match(answer, /\r\n\r\n\{"token":"csn_[\w-]+","status":0,"expires_at":"[^"]+"\}$/);
      }
      assert.equal((await run.end).code, 0);
    }));

  test('while it drains it is not ready, takes new requests, and ends each connection with the answer', () =>
    inFolder(async (folder) => {
      const { run, port } = await start(folder, '3s');
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const before = await get(port, '/healthz', agent);
      assert.deepEqual([before.statusCode, before.headers.connection], [200, 'keep-alive']);
      run.child.kill('SIGTERM');
      await run.until(/Stopping: requests are still taken for 3s/);
      const ready = await get(port, '/readyz', agent);
      assert.deepEqual([ready.statusCode, ready.headers.connection, 'on the old connection'], [503, 'close', ready.on]);
      const alive = await get(port, '/healthz', agent);
      assert.deepEqual([alive.statusCode, alive.headers.connection, 'on a new connection'], [200, 'close', alive.on]);
      assert.equal((await run.end).code, 0);
    }));

  test('Ctrl-C waits for no drain', () =>
    inFolder(async (folder) => {
      const { run } = await start(folder, '60s');
      run.child.kill('SIGINT');
      assert.equal((await run.end).code, 0);
    }));

  test('who never ends his request is left behind in the end, and takes neither the mark nor the good-bye along', () =>
    inFolder(async (folder) => {
      const made = await countersign(['user', 'create', 'alice'], { folder, stdin: `${password}\n` });
      assert.equal(made.code, 0, made.stderr);
      const markFile = join(folder, 'mark', 'countersign.mark');
      const { run, port } = await start(folder, '0s', ['--mark-file', markFile]);
      const marked = () => JSON.parse(readFileSync(markFile, 'utf8')).sequence;
      const before = marked();
      const [stays, ends] = [await halfSignIn(port), await halfSignIn(port)];
      ends.write('}');
      await once(ends, 'data');
      assert.equal(marked(), before);
      run.child.kill('SIGTERM');
      const { code, stderr } = await run.end;
      assert.deepEqual([code, /Requests are still running after 10 seconds/.test(stderr)], [1, true], stderr);
      stays.destroy();
      ends.destroy();
      assert.equal(marked(), before + 1);
      const database = new DatabaseSync(join(folder, 'data', 'countersign.db'));
      assert.deepEqual(database.prepare('SELECT name FROM instances').all(), []);
      database.close();
    }));

  test('a second signal ends the drain', () =>
    inFolder(async (folder) => {
      const { run } = await start(folder, '60s');
      run.child.kill('SIGTERM');
      await run.until(/Stopping/);
      run.child.kill('SIGTERM');
      assert.equal((await run.end).code, 1);
    }));
});

test('where localhost is two addresses, it ends what has come in at either before it lets go of the database', (t) =>
  inWorld(
    async (world) => {
      t.mock.method(dns, 'lookup', (name: string, _options: object, done: (...found: unknown[]) => void) => {
        const addresses = name === 'localhost' ? ['127.0.0.1', '127.0.0.2'] : [name];
        done(
          null,
          addresses.map((address) => ({ address, family: 4 })),
        );
      });
      await makePerson(world, 'alice');
      const { port } = new URL(await world.server.listen({ host: 'localhost', port: 0 }));
      const socket = await halfSignIn(Number(port), '127.0.0.2');
      const answer = readToEnd(socket);
      const closing = world.server.close();
      await refused(Number(port));
      socket.write('}');
      assert.match(await answer, /^HTTP\/1\.1 200 OK\r\n/);
      await closing;
    },
    {},
    { argon2: quickHash },
  ));

test('a connection that an answer has left open does not hold up the end', () =>
  inWorld(async (world) => {
    let answer: ServerResponse | undefined;
    world.server.get('/slow', { config: { access: 'anyone' } }, (_request, reply) => {
      reply.hijack();
      answer = reply.raw.writeHead(200, { 'content-length': 4 });
      answer.write('do');
    });
    const { port } = new URL(await world.server.listen({ host: '127.0.0.1', port: 0 }));
    const socket = connect(Number(port), '127.0.0.1');
    socket.write('GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const [head] = await once(socket, 'data');
    assert.match(String(head), /\r\nConnection: keep-alive\r\n/);
    const closing = world.server.close();
    await refused(Number(port));
    answer?.end('ne');
    await Promise.all([once(socket, 'close'), closing]);
  }));

async function start(folder: string, drain: string, more: string[] = []): Promise<{ run: Run; port: number }> {
  const run = begin(['serve', '--host', '127.0.0.1', '--port', '0', '--drain', drain, ...more], { folder });
  const [, port] = await run.until(/Listening on http:\/\/127\.0\.0\.1:(\d+)\./);
  return { run, port: Number(port) };
}

/** A sign-in of which the service has the head and half of the body. */
async function halfSignIn(port: number, host = '127.0.0.1'): Promise<Socket> {
  const socket = connect(port, host);
  const head = [
    'POST /auth/credentials HTTP/1.1',
    'Host: localhost',
    `Authorization: ${basic}`,
    'Content-Type: application/json',
    'Content-Length: 2',
    'Expect: 100-continue',
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n{`);
  const [answer] = await once(socket, 'data');
  assert.match(String(answer), /^HTTP\/1\.1 100 /);
  return socket;
}

async function readToEnd(socket: Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}

/** Waits until nobody listens there. */
async function refused(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const answer = once(socket, 'connect').then(
      () => true,
      () => false,
    );
    if (!(await answer)) return;
    socket.destroy();
  }
}

async function get(port: number, path: string, agent: Agent): Promise<IncomingMessage & { on: string }> {
  const asking = request({ host: '127.0.0.1', port, path, agent }).end();
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  await once(answer.resume(), 'end');
  return Object.assign(answer, { on: asking.reusedSocket ? 'on the old connection' : 'on a new connection' });
}
