import { createServer, type Server } from 'node:http';
import type { Registry } from '@prometheus-io/client';
import type { FastifyInstance } from 'fastify';
import { second } from '../clock.ts';
import type { DatabaseWatch } from '../database/database.ts';
import type { Lookups } from '../http/http.ts';
import type { HashWatch } from '../passwords/passwords.ts';
import type { SignInResult } from '../sign-in/sign-in.ts';
import { watchLoop } from './event-loop.ts';

/**
 * What an operator sees live, in Prometheus text: docs/how-to/metrics.md says what each is for. Labels are fixed words,
 * never names, addresses or secrets. Whoever serves no metrics makes none: nothing is loaded then, and nothing measured.
 */
export type Metrics = Awaited<ReturnType<typeof createMetrics>>;

/** In seconds: from a read of SQLite, which is in the first one, to what is given up by then. */
const buckets = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export async function createMetrics() {
  const { registry, ...make } = await maker();
  const signIns = make.labelled('countersign_sign_ins_total', 'Sign-ins by result', 'result', Object.values(results));
  const { answered, checked } = requestMetrics(make);
  const loop = watchLoop(
    make.times(
      'countersign_event_loop_delay_seconds',
      'How late the main thread comes to what it has to do, looked at every 100 ms',
    ),
  );
  processMetrics(make);
  return {
    /** What a service tells of itself goes here. */
    watch: { hashes: hashMetrics(make), database: databaseMetrics(make) },

    countSignIn: (result: SignInResult): void => signIns(results[result]),

    /** The same look-up, which tells how long each took until there was an answer. */
    timeChecks:
      (find: Lookups['findSession']): Lookups['findSession'] =>
      async (token, now) => {
        const asked = performance.now();
        try {
          return await find(token, now);
        } finally {
          checked(performance.now() - asked);
        }
      },

    /** Told how each request ended: the status of its answer, or 499 where nobody waited for one. */
    answered,

    /** Follows a server for as long as it serves, and reads what others have counted. */
    follow(app: FastifyInstance, others: { load: () => { running: number; waiting: number }; alarms: () => number }) {
      const { load, alarms } = others;
      make.gauge('countersign_hashes_running', 'Passwords being hashed now', () => load().running);
      make.gauge('countersign_hashes_waiting', 'Waiting for a place to hash a password, now', () => load().waiting);
      make.total(
        'countersign_alarms_total',
        'Alarms: right passwords followed by wrong codes from a browser or program that the account does not know',
        alarms,
      );
      app.addHook('onReady', async () => loop.begin());
      app.addHook('onClose', async () => loop.end());
    },

    text: (): Promise<string> => registry.metrics(),
    contentType: registry.contentType,
  };
}

type Maker = Omit<Awaited<ReturnType<typeof maker>>, 'registry'>;

/** Makes metrics. The client is loaded here, by those alone who have a use for it. */
async function maker() {
  const { Counter, Gauge, Histogram, Registry } = await import('@prometheus-io/client');
  const registry: Registry = new Registry();
  const registers = [registry];
  return {
    registry,

    /** One that rises where it is told to. */
    counter(name: string, help: string): () => void {
      const counter = new Counter({ name, help, registers });
      return () => counter.inc();
    },

    /** The same for each of a few words, all of which are there from the beginning. */
    labelled(name: string, help: string, label: string, words: readonly string[]): (word: string) => void {
      const counter = new Counter({ name, help, labelNames: [label], registers });
      const labels = new Map(words.map((word) => [word, { [label]: word }]));
      for (const each of labels.values()) counter.inc(each, 0);
      return (word) => {
        const known = labels.get(word);
        if (known) counter.inc(known);
      };
    },

    /** One that somebody else has counted. */
    total(name: string, help: string, read: () => number): void {
      new Counter({
        name,
        help,
        registers,
        collect() {
          this.reset();
          this.inc(read());
        },
      });
    },

    gauge(name: string, help: string, read: () => number): void {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read());
        },
      });
    },

    /** How long something takes; told in ms, shown in seconds. */
    times(name: string, help: string): (ms: number) => void {
      const histogram = new Histogram({ name, help, buckets, registers });
      return (ms) => histogram.observe(ms / second);
    },
  };
}

const results: Record<SignInResult, string> = {
  'signed in': 'signed_in',
  'otp required': 'otp_required',
  'wrong credentials': 'wrong_credentials',
  'wrong otp': 'wrong_otp',
  'wrong passkey': 'wrong_passkey',
  'too many tries': 'too_many_tries',
  busy: 'busy',
};

function requestMetrics({ labelled, times }: Maker) {
  const statuses = ['2xx', '3xx', '4xx', '5xx'];
  const count = labelled('countersign_requests_total', 'Requests answered, by class of status', 'status', statuses);
  return {
    answered: (status: number): void => count(statuses[Math.floor(status / 100) - 2] ?? ''),
    checked: times('countersign_check_duration_seconds', 'How long it took to find the session of a token'),
  };
}

function hashMetrics({ counter, times }: Maker): HashWatch {
  return {
    refused: counter('countersign_hashes_refused_total', 'Turned away because too many wait for a hash'),
    waited: times('countersign_hash_wait_seconds', 'How long one waited for a place to hash a password'),
    took: times('countersign_hash_duration_seconds', 'How long one kept that place'),
  };
}

function databaseMetrics({ counter, gauge, times }: Maker): DatabaseWatch {
  let waiting = 0;
  gauge('countersign_transactions_waiting', 'Transactions that wait for their turn to write, now', () => waiting);
  const waited = times('countersign_transaction_wait_seconds', 'How long a transaction waited for its turn');
  return {
    waits() {
      waiting += 1;
    },
    waited(ms) {
      waiting -= 1;
      waited(ms);
    },
    took: times(
      'countersign_transaction_duration_seconds',
      'How long it took from its turn until it was kept or undone',
    ),
    failed: counter('countersign_transactions_failed_total', 'Transactions that the database could not do'),
    read: times('countersign_read_duration_seconds', 'How long one of the statements took that requests ask most'),
  };
}

function processMetrics({ gauge, total }: Maker): void {
  total(
    'countersign_event_loop_busy_seconds_total',
    'Time in which the event loop was not idle',
    () => performance.eventLoopUtilization().active / second,
  );
  // Under the names that every program has them by.
  total('process_cpu_seconds_total', 'CPU time of all threads, hashing included', () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  gauge('process_resident_memory_bytes', 'Memory of the process', () => process.memoryUsage.rss());
  gauge('process_start_time_seconds', 'When it was started, since 1970', () => performance.timeOrigin / second);
}

/** Serves GET /metrics on loopback, on a port of its own, so that a proxy in front never passes it on by mistake. */
export async function serveMetrics(metrics: Pick<Metrics, 'text' | 'contentType'>, port: number): Promise<Server> {
  const server = createServer(async (request, response) => {
    if (request.url !== '/metrics' || request.method !== 'GET') return void response.writeHead(404).end();
    try {
      const text = await metrics.text();
      response.writeHead(200, { 'content-type': metrics.contentType, 'cache-control': 'no-store' }).end(text);
    } catch {
      // Without a file to spare not even the memory can be read; whoever is served goes on.
      response.writeHead(500).end();
    }
  });
  server.requestTimeout = 10 * second;
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return server;
}
