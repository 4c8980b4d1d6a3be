import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { begin, countersign, inFolder, type Run } from './process.ts';

const listening = /Listening on (http:\/\/localhost:(\d+))\./;
const password = 'correct horse battery staple';

describe('a service in a process of its own', { concurrency: true }, () => {
  test('it listens, gives a set-up link while there is no administrator, and keeps sessions over a restart', () =>
    inFolder(async (folder) => {
      const first = begin(['serve', '--port', '0'], { folder });
      const [, url = '', port = ''] = await first.until(listening);
      await first.until(/good for 30 minutes, once:\n {2}http:\/\/localhost:\d+\/setup\?token=csl_\S+\n/);
      assert.match(await (await fetch(await setupLink(first))).text(), /administrator/);
      assert.equal((await countersign(['healthcheck', '--port', port], { folder })).code, 0);

      const beside = { folder, stdin: `${password}\n` };
      assert.equal((await countersign(['user', 'create', 'alice'], beside)).code, 0, 'beside the running server');
      assert.equal((await countersign(['user', 'create', 'root', '--admin'], beside)).code, 0);
      const token = await signIn(url);
      const listed = await countersign(['session', 'list', 'alice', '--json'], { folder });
      assert.equal(JSON.parse(listed.stdout).sessions.length, 1);
      assert.doesNotMatch(listed.stdout, /csn_/);

      first.child.kill('SIGTERM');
      const ended = await first.end;
      assert.equal(ended.code, 0);
      for (const line of ended.stdout.trim().split('\n')) JSON.parse(line);
      assert.doesNotMatch(ended.stdout, /csn_|csl_/);

      const second = begin(['serve', '--port', port], { folder });
      await second.until(listening);
      assert.equal(await whoami(url, token), '"alice"');
      assert.doesNotMatch(second.stderr(), /administrator/);
      assert.equal(
        (await countersign(['session', 'end', 'alice', '--all'], { folder })).stdout,
        'Ended 1 session of alice.\n',
      );
      assert.notEqual(await whoami(url, token), '"alice"');
      second.child.kill('SIGINT');
      assert.equal((await second.end).code, 0);
      assert.deepEqual(readdirSync(folder).sort(), ['data', 'keys'], 'it writes no log but to stdout');
      assert.deepEqual(readdirSync(join(folder, 'data')), ['countersign.db'], 'nor into its own folder');
      assert.equal(statSync(join(folder, 'data')).mode & 0o777, 0o700);
      assert.equal(statSync(join(folder, 'data', 'countersign.db')).mode & 0o777, 0o600);
      assert.equal(statSync(join(folder, 'keys', 'countersign.keys')).mode & 0o777, 0o600);
    }));

  test('a port in use is said, of the service and of the metrics; nothing is left running', () =>
    inFolder(async (folder) => {
      const first = begin(['serve', '--port', '0'], { folder });
      const [, , port = ''] = await first.until(listening);
      const second = await countersign(['serve', '--port', port], { folder });
      assert.equal(second.code, 1);
      assert.match(
        second.stderr,
        new RegExp(`^countersign: Port ${port} is in use: .* --port \\(COUNTERSIGN_PORT\\)\\.\n$`),
      );
      const third = await countersign(['serve', '--port', '0', '--metrics-port', port], { folder });
      assert.equal(third.code, 1);
      assert.match(third.stderr, new RegExp(`^countersign: Port ${port} is in use: .* --metrics-port`));
      first.child.kill('SIGTERM');
      assert.equal((await first.end).code, 0);
    }));

  test('it lets a request in flight end before it stops', () =>
    inFolder(async (folder) => {
      const run = begin(['serve', '--port', '0'], { folder });
      const socket = await halfRequest(run);
      run.child.kill('SIGTERM');
      await closed(run);
      socket.write('}');
      const [answer] = await once(socket, 'data');
      assert.match(String(answer), /^HTTP\/1\.1 401 /);
      assert.equal((await run.end).code, 0);
    }));

  test('a second signal waits for no request', () =>
    inFolder(async (folder) => {
      const run = begin(['serve', '--port', '0'], { folder });
      await halfRequest(run);
      run.child.kill('SIGTERM');
      await closed(run);
      assert.equal(run.child.exitCode, null);
      run.child.kill('SIGTERM');
      assert.equal((await run.end).code, 1);
    }));
});

describe('the demo', () => {
  test('it shows the four steps, serves them, and takes its folder away', () =>
    inFolder(async (folder) => {
      mkdirSync(join(folder, 'tmp'));
      const run = begin(['demo'], { folder, env: { COUNTERSIGN_PORT: '0', TMPDIR: join(folder, 'tmp') } });
      const [, url = ''] = await run.until(/(http:\/\/localhost:\d+)\/redoc/);
      for (const step of steps(url)) assert.ok(run.stdout().includes(step), step);
      const [home = ''] = readdirSync(join(folder, 'tmp'));
      assert.equal(statSync(join(folder, 'tmp', home)).mode & 0o777, 0o700);
      assert.match(await (await post(url, 'user', 'pass')).text(), /^\{"token":"csn_[\w-]+","status":0/);
      // One Ctrl-C, from the terminal and from npm.
      run.child.kill('SIGINT');
      run.child.kill('SIGINT');
      assert.equal((await run.end).code, 0);
      assert.deepEqual(readdirSync(join(folder, 'tmp')), []);
      assert.ok(!existsSync(join(folder, 'data')));
    }));

  test('its folder goes too when it cannot start', () =>
    inFolder(async (folder) => {
      mkdirSync(join(folder, 'tmp'));
      const env = { TMPDIR: join(folder, 'tmp') };
      const run = begin(['demo', '--port', '0', '--json'], { folder, env });
      await run.until(/"folder"/);
      const { url } = JSON.parse(run.stdout());
      const other = await countersign(['demo', '--port', new URL(url).port], { folder, env });
      assert.equal(other.code, 1);
      assert.match(other.stderr, /^countersign: Port \d+ is in use/);
      assert.equal(readdirSync(join(folder, 'tmp')).length, 1);
      run.child.kill('SIGTERM');
      await run.end;
    }));
});

/** Section 2 of the design, to the letter. */
function steps(url: string): string[] {
  return [
    `curl -X POST "${url}/auth/credentials" -u user:pass\n`,
    `curl -X PUT  "${url}/auth/otp/enable" -H "Authorization: Bearer <TOKEN>" \\\n     -H "Content-Type: application/json" -d '{"enabled": true}'\n`,
    `curl -X GET  "${url}/auth/otp/generate" -H "Authorization: Bearer <TOKEN>" --output qr.png\n`,
    `curl -X POST "${url}/auth/credentials?otp=<OTP>" -u user:pass\n`,
  ];
}

/** A request of which the service has the head and half of the body. */
async function halfRequest(run: Run): Promise<Socket> {
  const [, , port] = await run.until(listening);
  const socket = connect(Number(port), 'localhost');
  socket.on('error', () => {});
  const head = ['Host: localhost', 'Content-Type: application/json', 'Content-Length: 2', 'Expect: 100-continue'];
  socket.write(`POST /auth/credentials HTTP/1.1\r\n${head.join('\r\n')}\r\n\r\n{`);
  const [answer] = await once(socket, 'data');
  assert.match(String(answer), /^HTTP\/1\.1 100 /);
  return socket;
}

/** Waits until the service takes no new connections. */
async function closed(run: Run): Promise<void> {
  const [, url = ''] = await run.until(listening);
  const open = () =>
    fetch(`${url}/healthz`, { headers: { connection: 'close' } }).then(
      () => true,
      () => false,
    );
  while (await open()) await wait(20);
}

async function setupLink(run: Run): Promise<string> {
  const [link] = await run.until(/http:\S+\/setup\?token=\S+/);
  return link;
}

function post(url: string, name: string, secret: string): Promise<Response> {
  const authorization = `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`;
  return fetch(`${url}/auth/credentials`, { method: 'POST', headers: { authorization } });
}

async function signIn(url: string): Promise<string> {
  const { token } = (await (await post(url, 'alice', password)).json()) as { token: string };
  return token;
}

async function whoami(url: string, token: string): Promise<string> {
  return (await fetch(`${url}/whoami`, { headers: { authorization: `Bearer ${token}` } })).text();
}

test('a start that waits for its database says so at once, and for what', () =>
  inFolder(async (folder) => {
    const keyFile = join(folder, 'k');
    assert.equal((await countersign(['key', 'create', keyFile], { folder })).code, 0);
    const env = { COUNTERSIGN_DATABASE_URL: 'postgres://u@127.0.0.1:1/d', COUNTERSIGN_KEY_FILE: keyFile };
    const run = begin(['serve', '--port', '0'], { folder, env });
    await run.until(
      /^countersign: Waiting up to 30 seconds for the database\. PostgreSQL cannot be reached \(.*names\.$/m,
    );
    run.child.kill('SIGKILL');
    await run.end;
    assert.equal(run.stderr().match(/Waiting/g)?.length, 1);
  }));
