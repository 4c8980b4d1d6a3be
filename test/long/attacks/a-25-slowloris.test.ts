import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { begin, inFolder, type Run } from '../../cli/process.ts';

/** two thousand connections that send a byte now and then, and some that never read what they have asked for. */
const crowd = 1000;

const head = 'POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n';

test('slow connections are cut, and hold up nobody meanwhile', { timeout: 240_000 }, () =>
  inFolder(async (folder) => {
    const run = begin(['serve', '--port', '0', '--log-level', 'error'], { folder });
    try {
      const [, port = ''] = await run.until(/http:\/\/localhost:(\d+)/);
      const before = await pace(Number(port));
      const slow = [
        ...(await open(Number(port), crowd, 'GET /whoami HTTP/1.1\r\nHost: localhost\r\n')),
        ...(await open(Number(port), crowd, `${head}Content-Length: 4000\r\n\r\n`)),
      ];
      const deaf = await open(Number(port), 20, 'GET /docs HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(2000), true);
      assert.equal(slow.filter(({ destroyed }) => destroyed).length, 0, 'all of them are open');
      let during = await pace(Number(port));
      for (let round = 1; round < 3 && during > 10 * before; round += 1) during = await pace(Number(port));
      assert.ok(during <= 10 * before, `${during} ms a page among them, ${before} ms without them`);
      assert.equal(slow.filter(({ destroyed }) => destroyed).length, 0, 'all of them are open still');
      const answers = await healthy(Number(port), slow);
      assert.ok(answers > 10, `${answers} answers`);
      assert.equal(slow.filter(({ destroyed }) => !destroyed).length, 0, 'none of them is left');
      await gone(run);
      for (const socket of deaf) socket.destroy();
    } finally {
      run.child.kill();
      await run.end;
    }
  }),
);

/** Connections that have begun a request; those that are to be deaf read nothing of what comes back. */
async function open(port: number, count: number, begun: string, deaf = false): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    if (!deaf) socket.resume();
    return socket;
  });
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  for (const socket of sockets) socket.write(begun);
  return sockets;
}

/** The median of how many milliseconds a page takes that somebody asks for on a connection of his own. */
async function pace(port: number): Promise<number> {
  const times: number[] = [];
  for (let count = 0; count < 21; count += 1) {
    const begun = performance.now();
    const page = await fetch(`http://127.0.0.1:${port}/sign-in`, { headers: { connection: 'close' } });
    await page.text();
    times.push(performance.now() - begun);
  }
  return times.sort((one, other) => one - other)[10] ?? 0;
}

/** Goes on asking while the others send a byte each second, until the last of them is cut; answers how often. */
async function healthy(port: number, slow: readonly Socket[]): Promise<number> {
  let answers = 0;
  while (slow.some(({ destroyed }) => !destroyed)) {
    for (const socket of slow) if (!socket.destroyed) socket.write('a');
    const reply = await fetch(`http://127.0.0.1:${port}/healthz`);
    assert.equal(reply.status, 200);
    const page = await fetch(`http://127.0.0.1:${port}/sign-in`);
    assert.match(await page.text(), /password/);
    answers += 2;
    await sleep(1000);
  }
  return answers;
}

/** Waits until the service has let go of every connection, as the system counts them. */
async function gone({ child }: Run): Promise<void> {
  if (process.platform !== 'linux') return;
  const folder = `/proc/${child.pid}/fd`;
  const sockets = (): number =>
    readdirSync(folder).filter((name) => {
      try {
        return readlinkSync(`${folder}/${name}`).startsWith('socket:');
      } catch {
        return false;
      }
    }).length;
  // Those that listen, and the pipes that a child has, are a handful.
  while (sockets() > 10) await sleep(1000);
}
