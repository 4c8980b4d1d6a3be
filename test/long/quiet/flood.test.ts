import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Felt, type Flooded, pool, startFlooded } from '../../flooded.ts';

/** A-27, and the arithmetic of docs/how-to/hashing.md. */
const atOnce = 200;
const volleys = 5;
const rounds = 3;
const MiB = 1024 * 1024;
/** What the hashes in the pool may take, and beside it what the rest of the process needs for so many connections. */
const bound = pool.concurrency * pool.memory * 1024 + 80 * MiB;

test('200 sign-ins at once: memory stays bounded, the event loop free, and everything else answers', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-flood-'));
  const service = await startFlooded(folder);
  const bare = await startFlooded(undefined);
  try {
    let said = '';
    for (let round = 0; round < rounds; round += 1) {
      const [ours, theirs] = await floodInTurns(t, service, bare);
      const ratio = percentile(ours.late, 0.99) / percentile(theirs.late, 0.99);
      said = `${words('service', ours)}; ${words('bare', theirs)}; ratio ${ratio.toFixed(2)}`;
      t.diagnostic(said);
      assert.ok(ours.most - ours.before <= bound, said);
      if (ratio <= 3) return;
    }
    assert.fail(said);
  } finally {
    await Promise.all([service.stop(), bare.stop()]);
    await rm(folder, { recursive: true, force: true });
  }
});

/** Volleys to one and the other in turns, so that both meet the same machine. */
async function floodInTurns(t: TestContext, service: Flooded, bare: Flooded): Promise<[Felt, Felt]> {
  const felt: [Felt[], Felt[]] = [[], []];
  const seen = new Map<number, number>();
  for (let volley = 0; volley < volleys; volley += 1) {
    felt[0].push(
      await service.feel(async () => {
        const asked = whoami(service);
        for (const status of await fire(service.url)) seen.set(status, (seen.get(status) ?? 0) + 1);
        await asked.end();
      }),
    );
    felt[1].push(await bare.feel(async () => void (await fire(bare.url))));
  }
  t.diagnostic([...seen].map(([status, count]) => `${status}: ${count}`).join(', '));
  assert.deepEqual([...seen.keys()].toSorted(), [401, 503]);
  assert.ok((seen.get(401) ?? 0) >= volleys * (pool.concurrency + pool.queue), 'the queue was not used');
  return [sum(felt[0]), sum(felt[1])];
}

let sent = 0;

/** So many sign-ins at once, each of another name from another network; answers their statuses. */
async function fire(url: string): Promise<number[]> {
  return Promise.all(
    Array.from({ length: atOnce }, async () => {
      sent += 1;
      const answer = await fetch(`${url}/auth/credentials`, {
        method: 'POST',
        headers: {
          authorization: `Basic ${Buffer.from(`stranger${sent}:wrong`).toString('base64')}`,
          'x-forwarded-for': `10.${sent >> 16}.${(sent >> 8) & 255}.${sent & 255}`,
        },
      });
      await answer.arrayBuffer();
      if (answer.status === 503) assert.match(answer.headers.get('retry-after') ?? '', /^[1-9]\d*$/);
      return answer.status;
    }),
  );
}

/** Asks who somebody is again and again, until the flood is over; each time the answer must be right. */
function whoami({ url, token }: Flooded): { end(): Promise<void> } {
  let over = false;
  const asking = (async () => {
    for (let asked = 0; !over || asked < 3; asked += 1) {
      const answer = await fetch(`${url}/whoami`, { headers: { authorization: `Bearer ${token}` } });
      assert.equal(await answer.text(), '"alice"');
      await sleep(20);
    }
  })();
  return {
    end: () => {
      over = true;
      return asking;
    },
  };
}

function sum(felt: Felt[]): Felt {
  return {
    late: felt.flatMap(({ late }) => late),
    before: felt[0]?.before ?? 0,
    most: Math.max(...felt.map(({ most }) => most)),
  };
}

function percentile(times: number[], part: number): number {
  return times.toSorted((one, other) => one - other)[Math.floor(times.length * part)] ?? 0;
}

function words(who: string, { late, before, most }: Felt): string {
  const times = [0.5, 0.99, 1].map((part) => percentile(late, Math.min(part, 1 - 1 / late.length)).toFixed(1));
  return `${who}: late by ${times.join(' / ')} ms (median, 99 %, most), ${(before / MiB).toFixed(0)} MiB and ${((most - before) / MiB).toFixed(0)} more`;
}
