import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Packed, pack, run } from '../packed.ts';

let packed: Packed;
let place: string;
const command = join('node_modules', '.bin', 'countersign');

before(async () => {
  packed = await pack();
  place = mkdtempSync(join(tmpdir(), 'countersign-install-'));
  writeFileSync(join(place, 'package.json'), '{"type":"module"}');
  await run(place, 'npm', [
    'install',
    packed.tarball,
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]);
});

after(() => {
  for (const folder of [packed?.folder, place]) if (folder) rmSync(folder, { recursive: true, force: true });
});

test('npm installs the packed package in an empty folder: itself and the native hash', (t) => {
  const { packages } = JSON.parse(readFileSync(join(place, 'node_modules', '.package-lock.json'), 'utf8')) as {
    packages: Record<string, { hasInstallScript?: boolean }>;
  };
  const names = Object.keys(packages).filter((path) => existsSync(join(place, path)));
  const size = readdirSync(join(place, 'node_modules'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
  t.diagnostic(`${names.length} packages, ${(size / 1e6).toFixed(1)} MB`);
  assert.ok(names.length <= 4, names.join(', '));
  assert.ok(size <= 12e6, `${size} bytes`);
  assert.deepEqual(
    Object.entries(packages).filter(([, { hasInstallScript }]) => hasInstallScript),
    [],
  );
});

test('its command runs, and a program that imports it finds what the command has made', async () => {
  assert.match((await run(place, command, ['--version'])).stdout, /^\d+\.\d+\.\d+\n$/);
  await run(place, command, ['user', 'create', 'alice'], { input: 'four unrelated plain words\n' });
  const program =
    "import { createServer } from 'countersign'; const server = await createServer({ logLevel: 'silent' }); process.stdout.write(JSON.stringify(await server.users.find('alice'))); await server.close();";
  writeFileSync(join(place, 'program.js'), program);
  assert.equal(JSON.parse((await run(place, process.execPath, ['program.js'])).stdout).name, 'alice');
});

test('it serves: a sign-in, the API pages with their document, and the portal with its files', () =>
  whileItServes(['demo', '--port', '0', '--json'], async (url) => {
    const authorization = `Basic ${btoa('user:pass')}`;
    const signedIn = await fetch(`${url}/auth/credentials`, { method: 'POST', headers: { authorization } });
    const { token } = (await signedIn.json()) as { token: string };
    const bearer = { authorization: `Bearer ${token}` };
    assert.equal(await (await fetch(`${url}/whoami`, { headers: bearer })).text(), '"user"');
    const enable = {
      method: 'PUT',
      headers: { ...bearer, 'content-type': 'application/json' },
      body: '{"enabled":true}',
    };
    assert.equal((await fetch(`${url}/auth/otp/enable`, enable)).status, 200);
    for (const type of ['image/png', 'image/svg+xml', 'application/json']) {
      const { headers } = await fetch(`${url}/auth/otp/generate`, { headers: { ...bearer, accept: type } });
      assert.match(String(headers.get('content-type')), new RegExp(`^${type.replace('+', '.')}`));
    }
    const document = (await (await fetch(`${url}/openapi.json`)).json()) as { openapi: string; paths: object };
    assert.equal(document.openapi, '3.1.1');
    assert.ok(Object.keys(document.paths).includes('/auth/credentials'));
    for (const page of ['/sign-in', '/docs', '/redoc']) {
      const text = await (await fetch(url + page)).text();
      const files = [...text.matchAll(/(?:src|href)="(\/[^"]*assets\/[^"]+)"/g)].map(([, file = '']) => file);
      assert.ok(files.length >= 2, page);
      for (const file of files) assert.equal((await fetch(url + file)).status, 200, file);
    }
  }));

test('it serves its metrics', () =>
  whileItServes(['serve', '--port', '0', '--data', 'd', '--key-file', 'k', '--metrics-port', '18093'], async () => {
    const answer = await fetch('http://127.0.0.1:18093/metrics');
    assert.match(await answer.text(), /^countersign_hashes_running 0$/m);
  }));

test('around it a program has routes of its own', async () => {
  const program = `
    import { createServer as createHttpServer } from 'node:http';
    import { createServer } from 'countersign';
    const signIn = await createServer({ data: './own', keyFile: './keys/own', logLevel: 'silent' });
    await signIn.users.create({ name: 'bob', password: 'four unrelated plain words' });
    await signIn.ready();
    const server = createHttpServer((request, response) =>
      request.url === '/orders' ? response.end('orders') : signIn.routing(request, response));
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    const url = 'http://127.0.0.1:' + server.address().port;
    const authorization = 'Basic ' + btoa('bob:four unrelated plain words');
    const answer = await fetch(url + '/auth/credentials', { method: 'POST', headers: { authorization } });
    const { token } = await answer.json();
    const injected = await signIn.inject({ url: '/whoami', headers: { authorization: 'Bearer ' + token } });
    const mine = await (await fetch(url + '/orders')).text();
    process.stdout.write(JSON.stringify([mine, (await signIn.sessions.find(token)).name, injected.json()]));
    server.close(); server.closeAllConnections(); await signIn.close();`;
  writeFileSync(join(place, 'around.js'), program);
  assert.deepEqual(JSON.parse((await run(place, process.execPath, ['around.js'])).stdout), ['orders', 'bob', 'bob']);
});

test('what speaks to PostgreSQL is inside too: it says that nobody answers there', async () => {
  const env = { COUNTERSIGN_DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none?sslmode=disable' };
  await assert.rejects(
    run(place, command, ['user', 'list'], { env }),
    /ECONNREFUSED|refused|cannot be reached|does not answer/i,
  );
});

/** Runs the command until the story is told. */
async function whileItServes(args: string[], story: (url: string) => Promise<void>): Promise<void> {
  const child = spawn(process.execPath, [join('node_modules', 'countersign', 'dist', 'cli', 'main.js'), ...args], {
    cwd: place,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = once(child, 'close');
  try {
    let said = '';
    const url = await new Promise<string>((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (text: string) => {
          said += text;
          const [found] = /http:\/\/localhost:\d+/.exec(said) ?? [];
          if (found) resolve(found);
        });
      closed.then(() => reject(new Error(said)));
    });
    await story(url);
  } finally {
    child.kill('SIGTERM');
    await closed;
  }
}
