import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { askOnce, cookiesOf, openConnection, request } from './client.ts';

/** A server that answers by what it was asked, in pieces. */
async function withServer(work: (port: number) => Promise<void>): Promise<void> {
  const server = createServer((asked, answer) => {
    if (asked.url === '/whole') {
      const body = `${asked.method} ${asked.headers['content-length'] ?? 'no'} bytes, ä`;
      answer
        .writeHead(200, { 'content-length': Buffer.byteLength(body), 'set-cookie': ['a=1; Path=/', 'b=2'] })
        .end(body);
    } else if (asked.url === '/twice') {
      asked.socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'.repeat(2));
    } else if (asked.url === '/away') {
      asked.socket.destroy();
    } else {
      answer.writeHead(404).write('in ');
      // In between the client reads what has come so far.
      setImmediate(() => setImmediate(() => setImmediate(() => answer.end('pieces'))));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await work((server.address() as AddressInfo).port);
  } finally {
    server.close();
  }
}

test('an answer is read to its end, whether it says its length or comes in chunks', () =>
  withServer(async (port) => {
    const whole = await askOnce(port, request('POST', '/whole', {}, 'four'));
    assert.deepEqual([whole.status, whole.body(), cookiesOf(whole)], [200, 'POST 4 bytes, ä', 'a=1; b=2']);
    assert.equal((await askOnce(port, request('GET', '/whole'))).body(), 'GET no bytes, ä');
    const chunked = await askOnce(port, request('GET', '/else'));
    assert.deepEqual([chunked.status, chunked.body()], [404, 'in pieces']);
  }));

test('one connection serves many requests; one that ends while it waits is an error, and so is an answer too many', () =>
  withServer(async (port) => {
    await assert.rejects(askOnce(port, request('GET', '/away')));
    await assert.rejects(askOnce(port, request('GET', '/twice')), /more than it was asked for/);
    const statuses: number[] = [];
    await new Promise<void>((resolve, reject) => {
      const connection = openConnection(port, reject);
      const next = (): void =>
        connection.ask(request('GET', statuses.length === 1 ? '/else' : '/whole'), ({ status }) => {
          statuses.push(status);
          if (statuses.length < 3) return next();
          connection.close();
          resolve();
        });
      next();
    });
    assert.deepEqual(statuses, [200, 404, 200]);
  }));
