import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import * as argon2 from '@node-rs/argon2';

/** How the pool of both is set. Memory in KiB. */
export const pool = { memory: 64 * 1024, passes: 2, concurrency: 2, queue: 64 };

/** What a process felt from one moment to another. */
export interface Felt {
  /** By how many milliseconds each beat of a regular timer came late: what the event loop was busy with otherwise. */
  late: number[];
  /** Bytes of resident memory: at the beginning, and the most there were. */
  before: number;
  most: number;
}

export interface Flooded {
  url: string;
  /** Bearer token of a session, where there are sessions. */
  token: string;
  /** What the process feels while `work` is done. */
  feel(work: () => Promise<void>): Promise<Felt>;
  stop(): Promise<void>;
}

/**
 * A process that listens: the service on a data folder, behind a proxy that passes addresses, or a bare node:http server
 * that answers each request once it has run the same hash in the same pool.
 */
export async function startFlooded(folder: string | undefined): Promise<Flooded> {
  const child = fork(fileURLToPath(import.meta.url), folder === undefined ? [] : [folder], {
    serialization: 'advanced',
  });
  const ended = once(child, 'exit').then(() => {
    throw new Error('the process that was to be flooded has ended');
  });
  ended.catch(() => undefined);
  const answer = async <T>(): Promise<T> => {
    const [said] = await Promise.race([once(child, 'message'), ended]);
    return said as T;
  };
  const { port, token } = await answer<{ port: number; token: string }>();
  return {
    url: `http://127.0.0.1:${port}`,
    token,
    async feel(work) {
      child.send('begin');
      await answer();
      await work();
      child.send('end');
      return answer<Felt>();
    },
    async stop() {
      if (child.connected) child.disconnect();
      await ended.catch(() => undefined);
    },
  };
}

async function serve(folder: string): Promise<{ port: number; token: string; close: () => Promise<void> }> {
  // Only here: the bare server is to be bare.
  const { createServer } = await import('../src/server.ts');
  const server = await createServer({
    data: `${folder}/data`,
    keyFile: `${folder}/keys/k`,
    trustProxy: ['127.0.0.1'],
    logLevel: 'error',
    argon2Memory: pool.memory,
    argon2Passes: pool.passes,
    hashConcurrency: pool.concurrency,
    hashQueue: pool.queue,
  });
  const password = 'four unrelated plain words';
  await server.users.create({ name: 'alice', password });
  await server.listen({ host: '127.0.0.1', port: 0 });
  const basic = `Basic ${Buffer.from(`alice:${password}`).toString('base64')}`;
  const answer = await server.inject({ method: 'POST', url: '/auth/credentials', headers: { authorization: basic } });
  const { token } = JSON.parse(answer.payload) as { token: string };
  return { port: (server.server.address() as AddressInfo).port, token, close: () => server.close() };
}

async function serveBare(): Promise<{ port: number; token: string; close: () => Promise<void> }> {
  const hash = await argon2.hash('something else', { memoryCost: pool.memory, timeCost: pool.passes, parallelism: 1 });
  const waiting: (() => void)[] = [];
  let running = 0;
  const server = createHttpServer(async (request, response) => {
    request.resume();
    const hasRoom = running < pool.concurrency || waiting.length < pool.queue;
    if (running >= pool.concurrency && hasRoom) await new Promise<void>((start) => waiting.push(start));
    else if (hasRoom) running += 1;
    if (hasRoom) {
      await argon2.verify(hash, 'x');
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
    const headers = { 'content-type': 'application/json', 'retry-after': '2' };
    response.writeHead(hasRoom ? 401 : 503, headers).end('{"token":null}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async (): Promise<void> => void server.close();
  return { port: (server.address() as AddressInfo).port, token: '', close };
}

const everyMs = 5;

/** Feels from `begin` to `end`, and tells the parent. */
async function feelWhenAsked(): Promise<void> {
  let felt: Felt | undefined;
  process.on('message', (word) => {
    if (word === 'begin') {
      const before = process.memoryUsage.rss();
      felt = { late: [], before, most: before };
      process.send?.('begun');
    } else if (felt) {
      process.send?.(felt);
      felt = undefined;
    }
  });
  while (process.connected) {
    const due = performance.now() + everyMs;
    await sleep(everyMs);
    if (!felt) continue;
    felt.late.push(Math.max(0, performance.now() - due));
    felt.most = Math.max(felt.most, process.memoryUsage.rss());
  }
}

if (import.meta.main) {
  const [folder] = process.argv.slice(2);
  const { port, token, close } = folder === undefined ? await serveBare() : await serve(folder);
  process.send?.({ port, token });
  await feelWhenAsked();
  await close();
}
