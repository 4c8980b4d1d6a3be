import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, type Connection, cookiesOf, openConnection } from './client.ts';
import { type Account, createCodes } from './codes.ts';
import { cpuTime } from './processes.ts';
import { percentile } from './statistics.ts';

/**
 * The load generator, a process of its own: `node load.ts` with a job on stdin and what it measured on stdout. Each connection
 * sends its next request when the last is answered; with `perSecond`, requests leave by a timetable, answered or not.
 */
export interface Job {
  port: number;
  /** The process of the server, whose CPU time is read. */
  pid: number;
  connections: number;
  /** How long it measures, and how long it sends before that, in seconds. */
  seconds: number;
  warmUp: number;
  /** What is sent, one after the other from `from` on, round and round. */
  requests?: string[];
  from?: number;
  /** Or sign-ins with a code, of so many accounts. */
  accounts?: Account[];
  at?: 'ours' | 'theirs';
  perSecond?: number;
  /** It never sleeps, on a core of its own: else a server pays for each time that it wakes it up, the slower it is the more often. */
  awake?: boolean;
  /** After so many answers it is over, whatever the time. */
  count?: number;
}

export interface Measured {
  /** Answers within the time measured, and how many a second those are. */
  done: number;
  perSecond: number;
  /** From sending to the end of the answer, in ms. */
  p50: number;
  p99: number;
  /** CPU time of the server for each answer, in ms. */
  serverCpu: number | undefined;
  /** Which part of the time the server was on a core; above 1 on several. */
  serverShare: number | undefined;
}

/** Sends one request, or those of one sign-in, on a connection, and calls back when it was answered as it should be. */
type Deed = (connection: Connection, done: () => void) => void;

const state = { measuring: false, times: [] as number[] };

if (import.meta.main) {
  const job: Job = JSON.parse(await text(process.stdin));
  process.stdout.write(JSON.stringify(await measure(job)), () => process.exit());
}

async function measure(job: Job): Promise<Measured> {
  const deed = job.accounts
    ? signInWithCodes(job.accounts, job.at ?? 'ours')
    : inOrder(job.requests ?? [], job.from ?? 0);
  const connections = Array.from({ length: job.connections }, () => openConnection(job.port, giveUp));
  if (job.awake) stayAwake();
  if (job.perSecond) sendByTimetable(connections, deed, job.perSecond);
  else for (const connection of connections) sendForEver(connection, deed);
  await sleep(job.warmUp * 1000);
  state.measuring = true;
  const before = { at: performance.now(), server: cpuTime(job.pid) };
  await Promise.race([sleep(job.seconds * 1000), enough(job.count)]);
  state.measuring = false;
  const took = performance.now() - before.at;
  const after = cpuTime(job.pid);
  const server = before.server === undefined || after === undefined ? undefined : after - before.server;
  const done = state.times.length;
  if (done === 0) throw new Error('Nothing was answered while it was measured.');
  return {
    done,
    perSecond: (done / took) * 1000,
    p50: percentile(state.times, 0.5),
    p99: percentile(state.times, 0.99),
    serverCpu: server === undefined ? undefined : server / done,
    serverShare: server === undefined ? undefined : server / took,
  };
}

function stayAwake(): void {
  setImmediate(stayAwake);
}

async function enough(count = Number.POSITIVE_INFINITY): Promise<void> {
  while (state.times.length < count) await sleep(20);
}

function sendForEver(connection: Connection, deed: Deed): void {
  const next = () => timed(connection, deed, next);
  next();
}

/** A slow answer keeps no later request back: there is a connection for each that is under way, or it fails. */
function sendByTimetable(connections: Connection[], deed: Deed, perSecond: number): void {
  const idle = [...connections];
  const began = performance.now();
  let sent = 0;
  const tick = () => {
    for (const due = ((performance.now() - began) * perSecond) / 1000; sent < due; sent += 1) {
      const connection = idle.pop();
      if (!connection) return giveUp(new Error('More requests are under way than there are connections.'));
      timed(connection, deed, () => idle.push(connection));
    }
    setTimeout(tick, 1);
  };
  tick();
}

function timed(connection: Connection, deed: Deed, then: () => void): void {
  const began = performance.now();
  deed(connection, () => {
    if (state.measuring) state.times.push(performance.now() - began);
    then();
  });
}

function inOrder(requests: readonly string[], from: number): Deed {
  let at = from;
  return (connection, done) => {
    const one = requests[at % requests.length] ?? '';
    at += 1;
    connection.ask(one, (answer) => expect(answer) && done());
  };
}

function signInWithCodes(accounts: Account[], at: 'ours' | 'theirs'): Deed {
  // Theirs are few, since it takes their own API long to make them.
  const codes = createCodes(accounts, at === 'theirs');
  return (connection, done) => {
    const { account, code } = codes.next(Date.now());
    connection.ask(account.first.replace('{code}', code), (answer) => {
      if (!expect(answer)) return;
      if (at === 'ours') return done();
      // What says that the password was right comes as a cookie and goes back with the code.
      const second = account.second?.replace('{code}', code).replace('{cookies}', cookiesOf(answer)) ?? '';
      connection.ask(second, (last) => expect(last) && done());
    });
  };
}

/** A refusal would be measured as a quick answer, so there may be none. */
function expect(answer: Answer): boolean {
  if (answer.status === 200) return true;
  giveUp(new Error(`The server answered ${answer.status}: ${answer.body().slice(0, 300)}`));
  return false;
}

function giveUp(error: Error): void {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
