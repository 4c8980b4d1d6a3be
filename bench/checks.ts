import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { answerOf, mustBeAlike, whoami } from './answer.ts';
import { request } from './client.ts';
import type { Measured } from './load.ts';
import { type Running, startServer } from './processes.ts';
import { type Findings, figure, inTurns, known, load, ours, password, peer, type Row, type Run } from './run.ts';
import { median, ratios } from './statistics.ts';

/** Checks of a token a second, by servers that are each pinned to the same core. */
export async function checks(run: Run): Promise<Findings> {
  const [many, few] = [await run.dataSet(run.many), await run.dataSet(run.few)];
  const users = run.either(50, 10);
  const core = run.pins?.server;
  const open: Running[] = [];
  const start = async (command: string[]) => {
    const server = await startServer({ command, core });
    open.push(server);
    return server;
  };
  try {
    const oursMany = await start(ours(many, '--port', '0'));
    const oursFew = await start(ours(few, '--port', '0'));
    const answer = await answerOf(oursMany, many);
    const bare = await start([peer('bare'), '0', answer]);
    const fastify = await start([peer('fastify'), answer]);
    await mustBeAlike(oursMany, bare, many);
    run.say(`better-auth signs up ${users} users`);
    const folder = run.folder();
    const betterAuth = await start([peer('better-auth'), folder, String(users), password]);
    const measure = measureOn(run);
    const asked = {
      ours: whoami(many),
      few: whoami(few),
      peers: whoami(many).slice(0, 1000),
      sessions: cookies(folder),
    };
    return describe(
      run,
      await inTurns(run, {
        ours: measure(oursMany, asked.ours),
        bare: measure(bare, asked.peers),
        few: measure(oursFew, asked.few),
        fastify: measure(fastify, asked.peers),
        betterAuth: measure(betterAuth, asked.sessions),
      }),
      users,
    );
  } finally {
    await Promise.all(open.map((server) => server.stop()));
  }
}

/** Each repeat goes on where the last one may have ended. */
function measureOn(run: Run) {
  return (server: Running, requests: string[]) => (turn: number) => {
    const span = {
      seconds: run.either(4, 1),
      warmUp: run.either(1, 0.5),
      connections: 32,
      awake: run.pins !== undefined,
    };
    const from = Math.floor((turn * requests.length) / run.repeats);
    return load({ port: server.port, pid: server.pid, requests, from, ...span }, run.pins?.generator);
  };
}

function describe(
  run: Run,
  of: Record<'ours' | 'bare' | 'few' | 'fastify' | 'betterAuth', Measured[]>,
  users: number,
): Findings {
  const many = run.many.toLocaleString('en');
  const row = (id: string, what: string, peers: Measured[], atLeast: number): Row => ({
    id,
    what,
    unit: '×',
    limit: { atLeast },
    values: ratios(rates(of.ours), rates(peers)),
    cpu: cpuRatio(peers, of.ours),
    unsure: heldBack(run, [...of.ours, ...peers]),
  });
  const absolute = (what: string, measured: Measured[]) => figure(what, 'a second', rates(measured), cpu(measured));
  return {
    rows: [
      row('check-bare', `/whoami, ${many} sessions, against a bare node:http server`, of.bare, 0.6),
      row('check-better-auth', `/whoami, ${many} sessions, against get-session of better-auth`, of.betterAuth, 30),
      row('check-scale', `/whoami, ${many} users against ${run.few.toLocaleString('en')}`, of.few, 0.9),
    ],
    figures: [
      absolute(`/whoami, ${many} sessions`, of.ours),
      absolute(`/whoami, ${run.few.toLocaleString('en')} sessions`, of.few),
      absolute('bare node:http server, the same bytes', of.bare),
      absolute('Fastify, the same bytes', of.fastify),
      absolute(`better-auth get-session, ${users} users`, of.betterAuth),
    ],
  };
}

const rates = (measured: Measured[]): number[] => measured.map(({ perSecond }) => perSecond);

function cpu(measured: Measured[]): number | undefined {
  const all = known(measured.map(({ serverCpu }) => serverCpu));
  return all && median(all);
}

function cpuRatio(peers: Measured[], own: Measured[]): number | undefined {
  const [theirs, mine] = [cpu(peers), cpu(own)];
  return theirs === undefined || mine === undefined ? undefined : theirs / mine;
}

/** What is measured is the server only where it had no rest. */
function heldBack(run: Run, measured: Measured[]): string | undefined {
  if (!run.pins) return 'server and generator shared the cores';
  return measured.some(({ serverShare = 0 }) => serverShare < 0.85) ? 'a server had to wait' : undefined;
}

function cookies(folder: string): string[] {
  const users: { cookies: string }[] = JSON.parse(readFileSync(join(folder, 'users.json'), 'utf8'));
  return users.map(({ cookies }) => request('GET', '/api/auth/get-session', { cookie: cookies }));
}
