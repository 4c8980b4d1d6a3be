import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { begin, countersign, inFolder, root } from './process.ts';

test('the doctor looks at a running service, and a clock that it accepts is accepted there at once', () =>
  inFolder(async (folder) => {
    const service = begin(['serve', '--port', '0'], { folder });
    try {
      const [, url = ''] = await service.until(/Listening on (http:\/\/localhost:\d+)\./);
      await acceptedBeside(folder, url);
    } finally {
      service.child.kill('SIGTERM');
      await service.end;
    }
  }));

async function acceptedBeside(folder: string, url: string): Promise<void> {
  const ready = async (): Promise<number> => (await fetch(`${url}/readyz`)).status;
  assert.equal(await ready(), 200);
  const database = new DatabaseSync(join(folder, 'data', 'countersign.db'));
  database.exec("INSERT INTO audit (at, event) SELECT 3600000 + recorded_at, 'sign_in.succeeded' FROM keys");
  database.close();
  assert.equal(await ready(), 503);

  const found = await countersign(['doctor'], { folder });
  assert.equal(found.code, 1);
  assert.match(found.stdout, /^failure {2}clock: The clock is 3\d\d\d seconds behind .*sign_in\.succeeded/m);
  assert.match(found.stdout, /^ok {7}instances: 1 running/m);
  assert.equal(found.stderr, 'countersign: One thing must be mended.\n');

  const accepted = await countersign(['doctor', '--accept-clock'], { folder });
  assert.equal(accepted.code, 0, accepted.stdout);
  assert.match(accepted.stderr, /is accepted as the time\. Sessions ended: 0;/);
  assert.match(accepted.stdout, /^ok {7}clock: /m);
  assert.equal(await ready(), 200);
}

test('the page about the doctor says of each check what it means', () => {
  const page = readFileSync(join(root, 'docs', 'how-to', 'doctor.md'), 'utf8');
  const type = readFileSync(join(root, 'src', 'upkeep', 'finding.ts'), 'utf8');
  const checks = [...type.matchAll(/^ {2}\| '(\w+)'/gm)].map(([, check]) => check);
  const rows = [...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, check]) => check);
  assert.equal(checks.length, 13);
  assert.deepEqual(rows, checks);
});
