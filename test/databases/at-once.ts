import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';

/**
 * Asks PostgreSQL and waits for the answer where a test stands, as one does with SQLite: a thread asks, and this one
 * stands still until it has heard. Nothing of the service goes on meanwhile.
 */
export type Rows = Record<string, unknown>[];

let thread: { ask(question: Question): Reply } | undefined;

interface Question {
  url: string;
  sql: string;
  values: readonly unknown[];
}

type Reply = { rows: Rows; count: number } | { error: Error };

/** Runs one statement, whose values stand as `?` in it; what it throws is what PostgreSQL said. */
export function atOnce(url: string, sql: string, values: readonly unknown[] = []): { rows: Rows; count: number } {
  thread ??= startThread();
  const reply = thread.ask({ url, sql: inWordsOfPostgres(sql), values });
  if ('error' in reply) throw reply.error;
  return reply;
}

function startThread() {
  const signal = new Int32Array(new SharedArrayBuffer(4));
  const { port1: ours, port2: theirs } = new MessageChannel();
  const worker = new Worker(new URL('asker.ts', import.meta.url), {
    workerData: { signal, port: theirs },
    transferList: [theirs],
  });
  worker.unref();
  ours.unref();
  return {
    ask(question: Question): Reply {
      Atomics.store(signal, 0, 0);
      ours.postMessage(question);
      if (Atomics.wait(signal, 0, 0, 20_000) === 'timed-out') throw new Error(`no answer: ${question.sql}`);
      return receiveMessageOnPort(ours)?.message;
    },
  };
}

/** A statement in SQLite's words as PostgreSQL takes it: its parameters, and bytes written down. */
export function inWordsOfPostgres(sql: string): string {
  let count = 0;
  return sql.replace(/\bx'([\da-f]*)'/gi, "'\\x$1'::bytea").replace(/\?/g, () => {
    count += 1;
    return `$${count}`;
  });
}
