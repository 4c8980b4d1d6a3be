import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { decodeBase32 } from '../../../src/base32.ts';
import { defaultLimits } from '../../../src/throttle/throttle.ts';
import { codeAt, period } from '../../../src/totp/code.ts';
import { basicOf, type Connections, connections, cookieIn, type Reply, sideBySide } from '../../attacks/flood.ts';
import { begin, countersign, inFolder, type Run } from '../../cli/process.ts';

/** A-01 on two real processes, of which one is killed and started again in the midst of it, by the clock of the machine. */
const lines = 200;
const tries = 50;
const password = 'four unrelated plain words';

async function serve(folder: string): Promise<{ run: Run; url: string }> {
  const run = begin(['serve', '--port', '0', '--log-level', 'silent'], { folder });
  const [url] = await run.until(/http:\/\/localhost:\d+/);
  return { run, url };
}

/** How many wrong codes the limits allow in so many milliseconds from the first on. */
function allowed(elapsed: number): number {
  const { free, firstDelay, longestDelay } = defaultLimits.otp;
  let [count, at, delay] = [free, firstDelay, firstDelay];
  while (at <= elapsed) {
    count += 1;
    delay = Math.min(longestDelay, delay * 2);
    at += delay;
  }
  return count;
}

/** Binds an authenticator; answers its secret. */
async function enrol(by: Connections, url: string): Promise<Buffer> {
  const first = await by.send(`${url}/auth/credentials`, { headers: basicOf(`bob:${password}`) });
  const authorization = `Bearer ${(JSON.parse(first.text) as { token: string }).token}`;
  const headers = { authorization, accept: 'application/json' };
  const qr = await by.send(`${url}/auth/otp/generate`, { method: 'GET', headers });
  const secret = Buffer.from(decodeBase32((JSON.parse(qr.text) as { secret: string }).secret) ?? []);
  const json = { enabled: true, otp: codeAt(secret, Date.now() - period) };
  assert.equal((await by.send(`${url}/auth/otp/enable`, { method: 'PUT', headers, json })).status, 200);
  return secret;
}

function judged(folder: string): number {
  const database = new DatabaseSync(join(folder, 'data', 'countersign.db'), { readOnly: true });
  const row = database.prepare("SELECT count(*) AS wrong FROM audit WHERE detail LIKE '%wrong otp%'").get();
  database.close();
  return Number(row?.['wrong']);
}

test(
  'two hundred connections to two processes, one of them killed meanwhile: no more codes are judged than are written down',
  {
    timeout: 300_000,
  },
  () =>
    inFolder(async (folder) => {
      const made = await countersign(['user', 'create', 'bob'], { folder, stdin: `${password}\n` });
      assert.equal(made.code, 0, made.stderr);
      const servers = [await serve(folder), await serve(folder)];
      const by = connections(lines);
      try {
        const secret = await enrol(by, servers[0]?.url ?? '');
        const begun = Date.now();
        const halves = await Promise.all(
          Array.from({ length: 5 }, async () => {
            const form = { username: 'bob', password };
            return cookieIn(await by.send(`${servers[0]?.url}/sign-in`, { form }), 'countersign-sign-in') ?? '';
          }),
        );
        const right = [-2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8].map((step) => codeAt(secret, begun + step * period));
        const answered = new Map<number, number>();
        let sent = 0;
        let restart: Promise<void> | undefined;
        const heard = new Map<string, number>();
        await sideBySide(lines, tries, async (line, time) => {
          let otp = String(Math.floor(((line * tries + time) * 7919) % 1_000_000)).padStart(6, '0');
          if (right.includes(otp)) otp = '000000';
          sent += 1;
          if (sent === (lines * tries) / 2) {
            servers[1]?.run.child.kill('SIGKILL');
            restart = serve(folder).then((server) => {
              servers[1] = server;
            });
          }
          const half = halves[line % 5] ?? '';
          const ask = async (): Promise<Reply> => {
            const url = servers[line % 2]?.url ?? '';
            const reply = await guess(by, url, { half, otp, anew: time % 25 === 24 });
            heard.set(url, (heard.get(url) ?? 0) + 1);
            return reply;
          };
          // Who has lost a try to the server that was killed waits for the next one, and tries again there.
          const reply = await ask().catch(async (error: unknown) => {
            if (!restart || line % 2 === 0) throw error;
            await restart;
            return ask();
          });
          assert.notEqual(reply.status, 200);
          assert.equal(cookieIn(reply, 'countersign'), undefined, 'nobody is signed in');
          answered.set(reply.status, (answered.get(reply.status) ?? 0) + 1);
        });
        const most = allowed(Date.now() - begun);
        const counts = [...answered].map(([status, count]) => `${status}: ${count}`).join(', ');
        const wrong = judged(folder);
        assert.ok(wrong >= defaultLimits.otp.free && wrong <= most, `${wrong} of at most ${most} judged (${counts})`);
        assert.ok((answered.get(429) ?? 0) > (lines * tries) / 4, counts);
        const afterwards = heard.get(servers[1]?.url ?? '') ?? 0;
        assert.ok(afterwards >= (lines * tries) / 8, `${afterwards} answers of the server that was started again`);
      } finally {
        by.close();
        for (const { run } of servers) run.child.kill();
        await Promise.all(servers.map(({ run }) => run.end));
      }
    }),
);

/** On a half sign-in that there is, or by a sign-in of its own. */
function guess(by: Connections, url: string, { half, otp, anew }: { half: string; otp: string; anew: boolean }) {
  return anew
    ? by.send(`${url}/auth/credentials`, { headers: basicOf(`bob:${password}`), json: { otp } })
    : by.send(`${url}/sign-in/code`, { headers: { cookie: `countersign-sign-in=${half}` }, form: { otp } });
}
