import { request } from './client.ts';
import type { DataSet } from './data/generate.ts';
import { cores, type Running, runJob } from './processes.ts';
import { type Findings, figure, inTurns, known, load, peer, type Run, startForSignIns, threads } from './run.ts';
import { median, ratios } from './statistics.ts';

/** Enough under way that no core ever rests, and the service's queue never fills. */
export const inFlight = cores + 14;

interface Measured {
  perSecond: number;
  /** CPU time for each, in ms. */
  cpu: number | undefined;
}

/** Sign-ins with a password a second, and the bare hash loop; nothing is pinned, since both use all cores. */
export async function signIns(run: Run): Promise<Findings> {
  const [many, few] = [await run.dataSet(run.many), await run.dataSet(run.few)];
  const span = { seconds: run.either(5, 1), warmUp: run.either(1, 0.3) };
  const servers = { many: await startForSignIns(many), few: await startForSignIns(few) };
  const measure =
    (server: Running, set: DataSet) =>
    async (turn: number): Promise<Measured> => {
      const job = { ...span, port: server.port, pid: server.pid, connections: inFlight };
      const { perSecond, serverCpu } = await load({ ...job, requests: signInsOf(set, turn) });
      return { perSecond, cpu: serverCpu };
    };
  const hashes = (): Promise<Measured> =>
    runJob(
      { command: [peer('hashes')], env: threads },
      { ...span, inFlight },
      (span.seconds + span.warmUp + 30) * 1000,
    );
  try {
    const { ours, hash, fewer } = await inTurns(run, {
      ours: measure(servers.many, many),
      hash: hashes,
      fewer: measure(servers.few, few),
    });
    return describe(run, ours, hash, fewer);
  } finally {
    await Promise.all(Object.values(servers).map((server) => server.stop()));
  }
}

function describe(run: Run, ours: Measured[], hash: Measured[], fewer: Measured[]): Findings {
  const [many, few] = [run.many.toLocaleString('en'), run.few.toLocaleString('en')];
  const rates = (measured: Measured[]) => measured.map(({ perSecond }) => perSecond);
  const cpu = (measured: Measured[]) => {
    const all = known(measured.map((one) => one.cpu));
    return all && median(all);
  };
  const row = (id: string, what: string, peers: Measured[]) => {
    const [theirs, mine] = [cpu(peers), cpu(ours)];
    const ratio = theirs === undefined || mine === undefined ? undefined : theirs / mine;
    return {
      id,
      what,
      unit: '×' as const,
      limit: { atLeast: 0.9 },
      values: ratios(rates(ours), rates(peers)),
      cpu: ratio,
    };
  };
  const absolute = (what: string, measured: Measured[]) => figure(what, 'a second', rates(measured), cpu(measured));
  return {
    rows: [
      row('sign-in', `sign-ins with a password, ${many} users, against the bare hash on all cores`, hash),
      row('sign-in-scale', `sign-ins with a password, ${many} users against ${few}`, fewer),
    ],
    figures: [
      absolute(`sign-ins with a password, ${many} users`, ours),
      absolute(`sign-ins with a password, ${few} users`, fewer),
      absolute('bare Argon2id hashes, the same parameters', hash),
    ],
  };
}

let sent = 0;

/** Sign-ins of accounts from all over the table, in each turn others where there are enough; each from an address of its own. */
export function signInsOf({ names, users, password }: DataSet, turn: number): string[] {
  const count = Math.min(users, 5000);
  return Array.from({ length: count }, (_, index) => {
    // The step has no factor in common with the sizes of the data sets, so nobody comes twice in a round.
    const name = names(((turn * count + index) * 7919) % users);
    return request('POST', '/auth/credentials', { authorization: basic(name, password), ...fromElsewhere() });
  });
}

/** The header by which a proxy says that the client has an address of its own. */
export function fromElsewhere(): Record<string, string> {
  sent += 1;
  return { 'x-forwarded-for': `10.${(sent >> 16) & 255}.${(sent >> 8) & 255}.${sent & 255}` };
}

export function basic(name: string, password: string): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
}
