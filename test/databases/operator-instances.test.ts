import assert from 'node:assert/strict';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { minute } from '../../src/clock.ts';
import { begin, type Run } from '../cli/process.ts';
import { type Operator, withInstances, withOperator } from './operator.ts';

/** Several instances on one PostgreSQL, as whoever starts them sees it: one set-up link, and keys that all of them hold. */

const listening = /Listening on (http:\/\/localhost:\d+)\./;
const link = /\/setup\?token=(csl_[\w-]+)/;
const isOut =
  /There is no administrator yet, and a set-up link is out\. `countersign setup-link` makes another one\.\n/;

test('two processes start at once on a new database: one prints a set-up link, and keys are rotated when both hold them', () =>
  withOperator('empty', async (operator) => {
    const { keyFile, folder, url } = operator;
    const copy = join(folder, 'copy');
    await copyFile(keyFile, copy);
    const env = (file: string) => ({ COUNTERSIGN_DATABASE_URL: url, COUNTERSIGN_KEY_FILE: file });
    const both = [keyFile, copy].map((file) => begin(['serve', '--port', '0'], { folder, env: env(file) }));
    const stop = (): void => both.forEach(({ child }) => void child.kill('SIGTERM'));
    try {
      await oneLink(operator, both);
      await rotateBeside(operator, async () => {
        stop();
        for (const { end } of both) assert.equal((await end).code, 0);
      });
    } finally {
      stop();
    }
  }));

async function oneLink({ run }: Operator, both: Run[]): Promise<void> {
  const urls = await Promise.all(
    both.map(async ({ until }) => {
      const [, url = ''] = await until(listening);
      await until(/There is no administrator yet(?:, .*\n|\. .*\n.*\n)/);
      return url;
    }),
  );
  const texts = both.map(({ stderr }) => stderr());
  assert.equal(texts.filter((text) => link.test(text)).length, 1, texts.join());
  assert.equal(texts.filter((text) => isOut.test(text)).length, 1, texts.join());
  const [, token = ''] = link.exec(texts.join()) ?? [];
  const seen = (given: string): Promise<number[]> =>
    Promise.all(urls.map(async (url) => (await fetch(`${url}/setup?token=${given}`)).status));
  assert.deepEqual(await seen(token), [200, 200], 'whichever printed it, both take it');
  const [, other = ''] = link.exec((await run('setup-link')).stdout) ?? [];
  assert.deepEqual([await seen(token), await seen(other)].flat(), [404, 404, 200, 200]);
}

async function rotateBeside({ run }: Operator, stopBoth: () => Promise<void>): Promise<void> {
  assert.match((await run('doctor')).stdout, /^ok +instances: 2 running, each with these keys\.$/m);
  const { id } = JSON.parse((await run('key rotate --json')).stdout) as { id: string };
  const { stderr } = await run(`key rotate --activate ${id}`);
  assert.match(stderr, new RegExp(`^countersign: Instance \\S+:\\d+ \\(\\S+\\) does not hold key "${id}" yet`));
  await stopBoth();
  assert.equal((await run(`key rotate --activate ${id}`)).code, 0, 'both have left');
  assert.match((await run('key list')).stdout, new RegExp(`^${id} +seals `, 'm'));
}

test('a link is printed again once the last one has run out, and never when there is an administrator', () =>
  withOperator('migrated', async ({ url, keyFile }) => {
    let now = Date.UTC(2026, 10, 23);
    const keyFiles = [keyFile, keyFile, keyFile];
    await withInstances({ url, keyFiles, clock: () => now }, async (instances) => {
      const atStart = async (): Promise<(string | undefined)[]> => {
        const answers = await Promise.all(instances.map(({ service }) => service.setup.linkAtStart()));
        return answers.map(({ isOut, ...made }) => (made.url ? 'link' : isOut && 'is out')).sort();
      };
      assert.deepEqual(await atStart(), ['is out', 'is out', 'link']);
      now += 30 * minute - 1;
      assert.deepEqual(await atStart(), ['is out', 'is out', 'is out']);
      now += 1;
      assert.deepEqual(await atStart(), ['is out', 'is out', 'link']);
      const [first] = instances;
      await first?.users.create({ name: 'root', password: 'four unrelated plain words', administrator: true });
      now += 30 * minute;
      assert.deepEqual(await atStart(), [undefined, undefined, undefined]);
    });
  }));
