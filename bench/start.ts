import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { answerOf } from './answer.ts';
import { askOnce, request } from './client.ts';
import { cpuTime, freePort, residentMemory, startQuiet, startServer, within } from './processes.ts';
import { type Findings, figure, inTurns, known, load, ours, peer, type Run, startForSignIns } from './run.ts';
import { inFlight, signInsOf } from './sign-ins.ts';
import { median, ratios } from './statistics.ts';

interface Started {
  ms: number;
  cpu: number | undefined;
  /** MB, a while later. */
  memory: number | undefined;
}

/** How long a process starts, until it answers 200 for the first time, and what it holds when it has nothing to do. */
export async function start(run: Run): Promise<Findings> {
  const set = await run.dataSet(run.few);
  const one = await startServer({ command: ours(set, '--port', '0') });
  const answer = await answerOf(one, set).finally(() => one.stop());
  const command = () => {
    const folder = run.folder();
    return ours({ data: join(folder, 'data'), keyFile: join(folder, 'keys', 'countersign.keys') });
  };
  // Once before it counts, so that the files of both are in memory.
  await startOnce((port) => [...command(), '--port', String(port)]);
  const measured = await inTurns(run, {
    ours: () => startOnce((port) => [...command(), '--port', String(port)]),
    bare: () => startOnce((port) => [peer('bare'), String(port), answer]),
  });
  const ms = (started: Started[]) => started.map((one) => one.ms);
  const cpu = (started: Started[]) => known(started.map((one) => one.cpu));
  const memory = { ours: memories(measured.ours), bare: memories(measured.bare) };
  const [mine, bare] = [cpu(measured.ours), cpu(measured.bare)];
  return {
    rows: [
      {
        id: 'start',
        what: 'start to the first 200 of /readyz, empty data folder, against a bare server',
        unit: '×',
        limit: { atMost: 4 },
        values: ratios(ms(measured.ours), ms(measured.bare)),
        cpu: mine && bare ? median(mine) / median(bare) : undefined,
      },
      { id: 'memory-idle', what: 'resident memory, idle', unit: 'MB', limit: { atMost: 100 }, values: memory.ours },
    ],
    figures: [
      figure('start to the first 200 of /readyz', 'ms', ms(measured.ours)),
      figure('start of a bare server to its first 200', 'ms', ms(measured.bare)),
      figure('resident memory of a bare server, idle', 'MB', memory.bare),
    ],
  };
}

/** What the process holds after many sign-ins. */
export async function memory(run: Run): Promise<Findings> {
  const set = await run.dataSet(run.few);
  const count = run.either(10_000, 300);
  const server = await startForSignIns(set);
  try {
    const { port, pid } = server;
    const job = { port, pid, connections: inFlight, requests: signInsOf(set, 0) };
    const { done } = await load({ ...job, seconds: 600, warmUp: 0, count });
    if (done < count) throw new Error(`In ten minutes this machine made ${done} sign-ins, not ${count}.`);
    await sleep(settle);
    return {
      rows: [
        {
          id: 'memory-after',
          what: `resident memory after ${count.toLocaleString('en')} sign-ins`,
          unit: 'MB',
          limit: { atMost: 180 },
          values: [memoryOf(pid)],
        },
      ],
      figures: [],
    };
  } finally {
    await server.stop();
  }
}

const settle = 2000;
const startLimit = 30_000;

async function startOnce(command: (port: number) => string[]): Promise<Started> {
  const port = await freePort();
  const began = performance.now();
  const { pid, stop } = startQuiet({ command: command(port) });
  try {
    await within(startLimit, 'a server to answer 200', untilReady(port, began + startLimit));
    const started = { ms: performance.now() - began, cpu: cpuTime(pid) };
    await sleep(settle);
    return { ...started, memory: residentMemory(pid) };
  } finally {
    await stop();
  }
}

async function untilReady(port: number, deadline: number): Promise<void> {
  while (performance.now() < deadline) {
    const answer = await askOnce(port, request('GET', '/readyz')).catch(() => undefined);
    if (answer?.status === 200) return;
    await sleep(1);
  }
}

function memories(started: Started[]): number[] {
  const all = known(started.map(({ memory }) => memory));
  if (!all) throw new Error(noMemory);
  return all;
}

function memoryOf(pid: number): number {
  const memory = residentMemory(pid);
  if (memory === undefined) throw new Error(noMemory);
  return memory;
}

const noMemory = 'This system does not show how much memory a process holds; Linux does.';
