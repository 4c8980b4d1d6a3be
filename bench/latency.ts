import { answerOf, whoami } from './answer.ts';
import { cores, startServer } from './processes.ts';
import { type Findings, figure, inTurns, load, peer, type Run, startForSignIns, threads } from './run.ts';
import { inFlight, signInsOf } from './sign-ins.ts';
import { ratios } from './statistics.ts';

const perSecond = 200;

/**
 * How long /whoami takes while sign-ins saturate all cores, and how long a bare server takes in a process that keeps as many
 * hashes under way. Requests leave by a timetable, so that a slow answer does not keep the next from being slow.
 */
export async function latency(run: Run): Promise<Findings> {
  const set = await run.dataSet(run.many);
  const span = { seconds: run.either(6, 2), warmUp: 1 };
  const timetable = { ...span, connections: perSecond, perSecond };
  const own = await startForSignIns(set);
  try {
    const answer = await answerOf(own, set);
    const { ours, bare } = await inTurns(run, {
      ours: async (turn) => {
        const { port, pid } = own;
        const flood = { port, pid, ...span, connections: inFlight, requests: signInsOf(set, turn) };
        const [checked, signedIn] = await Promise.all([
          load({ port, pid, ...timetable, requests: whoami(set), from: turn * 1000 }),
          load(flood),
        ]);
        return { p99: checked.p99, signIns: signedIn.perSecond };
      },
      bare: async () => {
        const bare = await startServer({ command: [peer('bare'), '0', answer, String(cores)], env: threads });
        const { p99 } = await load({
          ...{ port: bare.port, pid: bare.pid, ...timetable },
          requests: whoami(set).slice(0, 1000),
        }).finally(() => bare.stop());
        return { p99, signIns: 0 };
      },
    });
    const p99 = (measured: { p99: number }[]) => measured.map((one) => one.p99);
    return {
      rows: [
        {
          id: 'p99',
          what: 'p99 of /whoami while sign-ins saturate all cores, against a bare server beside as many hashes',
          unit: '×',
          limit: { atMost: 3 },
          values: ratios(p99(ours), p99(bare)),
        },
      ],
      figures: [
        figure('p99 of /whoami while sign-ins saturate all cores', 'ms', p99(ours)),
        figure('p99 of a bare server beside as many hashes', 'ms', p99(bare)),
        figure(
          'sign-ins meanwhile',
          'a second',
          ours.map(({ signIns }) => signIns),
        ),
      ],
    };
  } finally {
    await own.stop();
  }
}
