/** The starter, from a fresh clone to the program that it starts. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { checkout, cleanUp, file, lock, outcome, started } from './starter/checkout.ts';

after(cleanUp);

test('on a fresh clone it installs, development packages included, and stdout stays the program’s', async () => {
  const { run, calls } = checkout();
  const first = await run(['countersign', 'user', 'list', '--json'], { NODE_ENV: 'production' });
  assert.match(first.stderr, /words of npm on stdout/);
  assert.equal(first.stdout, '["user","list","--json"]\n');
  assert.equal(first.code, 0);
  assert.deepEqual(calls()[0]?.args.slice(0, 2), ['ci', '--include=dev']);
  const second = await run(['countersign']);
  assert.deepEqual({ ...second, code: 0 }, { code: 0, signal: null, stdout: '[]\n', stderr: '' });
  assert.equal(calls().length, 1);
});

test('each command has its entry', async () => {
  const { run } = checkout();
  assert.equal((await run(['demo', '--port', '1'])).stdout, '["demo","--port","1"]\n');
  assert.equal((await run(['start', '--port', '1'])).stdout, '["serve","--port","1"]\n');
  const unknown = await run(['constructor']);
  assert.equal(unknown.code, 1);
  assert.match(unknown.stderr, /"constructor" is not something to start; there are demo, start,/);
});

test('it installs again whenever node_modules is not what the lock file asks for', async () => {
  const { run, calls, write, folder } = checkout();
  await run(['countersign']);
  const installsAfter = async (change: () => void): Promise<number> => {
    const before = calls().length;
    change();
    assert.equal((await run(['countersign'])).code, 0);
    return calls().length - before;
  };
  const hidden = 'node_modules/.package-lock.json';
  assert.equal(await installsAfter(() => write('package-lock.json', lock('2.0.0'))), 1, 'another version asked for');
  assert.equal(await installsAfter(() => rmSync(join(folder, 'node_modules/a/package.json'))), 1, 'a package is gone');
  assert.equal(await installsAfter(() => rmSync(join(folder, hidden))), 1, 'npm was interrupted');
  assert.equal(await installsAfter(() => write(hidden, '{"packages":{}}')), 1, 'a package was left out');
  const foreign = { packages: { ...JSON.parse(lock('2.0.0')).packages, '': undefined } };
  const copied = (): void => {
    write('node_modules/other-platform/package.json', '{}');
    write(hidden, JSON.stringify(foreign));
  };
  assert.equal(await installsAfter(copied), 1, 'copied from another platform');
  assert.equal(
    await installsAfter(() => rmSync(join(folder, 'node_modules/.countersign-lock'))),
    0,
    'installed by hand',
  );
  assert.equal(await installsAfter(() => rmSync(join(folder, 'node_modules'), { recursive: true })), 1, 'removed');
});

test('of several that start at once one installs and the others wait for it, also after one that died with the lock', async () => {
  const { run, calls, write, folder } = checkout();
  const record = { what: 'demo', processes: [{ pid: process.pid, born: 'in another life' }] };
  write('.cache/starter/lock.41', JSON.stringify(record));
  const all = await Promise.all(
    ['1', '2', '3', '4', '5'].map((name) => run(['countersign', name], { NPM_TAKES: '300' })),
  );
  assert.deepEqual(
    all.map(({ code, stdout }) => [code, stdout]),
    ['1', '2', '3', '4', '5'].map((name) => [0, `["${name}"]\n`]),
  );
  assert.equal(calls().length, 1);
  const left = readdirSync(join(folder, '.cache/starter'));
  assert.equal(left.length, 1, left.join());
});

test('npm keeps the lock when the starter that ran it is killed', async () => {
  const { start, run, calls, folder } = checkout();
  const killed = start(['countersign'], { NPM_TAKES: '700' });
  await file(join(folder, 'npm-calls'));
  await wait(100);
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  assert.equal((await run(['countersign'])).code, 0);
  assert.equal(calls().length, 1);
});

test('it never installs while something runs from node_modules, and says what to stop', async () => {
  const { start, run, calls, write, folder } = checkout();
  const server = start(['start', 'wait']);
  await file(join(folder, 'waiting'));
  write('package-lock.json', lock('3.0.0'));
  const refused = await run(['countersign']);
  assert.equal(refused.code, 1);
  const pid = readFileSync(join(folder, 'waiting'), 'utf8');
  assert.match(
    refused.stderr,
    new RegExp(`does not match package-lock\\.json, and process ${pid} \\(start\\) still runs from it`),
  );
  assert.equal(calls().length, 1);
  server.kill('SIGKILL');
  await once(server, 'exit');
  assert.match((await run(['countersign'])).stderr, /still runs from it/, 'the server outlives its starter');
  process.kill(Number(pid), 'SIGKILL');
  assert.equal((await run(['countersign'])).code, 0);
  assert.equal(calls().length, 2);
});

test('a server that a supervisor started past the starter is seen too', {
  skip: process.platform !== 'linux',
}, async () => {
  const { run, write, folder } = checkout();
  await run(['countersign']);
  const server = spawn(process.execPath, ['src/cli/main.ts', 'serve', 'wait'], { cwd: folder, stdio: 'ignore' });
  started.add(server);
  await file(join(folder, 'waiting'));
  write('package-lock.json', lock('3.0.0'));
  const refused = await run(['countersign']);
  assert.match(refused.stderr, new RegExp(`process ${server.pid} \\(countersign\\) still runs from it`));
});

test('signals reach the program, and its exit code comes back', async () => {
  const { start, run, folder } = checkout();
  for (const [signal, code] of [
    ['SIGTERM', 7],
    ['SIGINT', 8],
  ] as const) {
    rmSync(join(folder, 'waiting'), { force: true });
    const server = start(['start', 'wait']);
    const end = outcome(server);
    await file(join(folder, 'waiting'));
    server.kill(signal);
    assert.equal((await end).code, code);
  }
  assert.equal((await run(['countersign', 'fail'])).code, 3);
  assert.equal((await run(['countersign', 'abort'])).code, 128 + 9);
  assert.deepEqual(
    readdirSync(join(folder, '.cache/starter')).filter((name) => name.startsWith('running')),
    [],
  );
});

test('a signal during the installation ends it, and the next start begins anew', async () => {
  const { start, run, calls, folder } = checkout();
  const stopped = start(['countersign'], { NPM_TAKES: '60000' });
  const end = outcome(stopped);
  await file(join(folder, 'npm-calls'));
  await wait(100);
  stopped.kill('SIGTERM');
  assert.equal((await end).code, 128 + 15);
  assert.equal((await run(['countersign'])).code, 0);
  assert.equal(calls().length, 2);
});

test('where npm fails, or brings no Node that runs, it says what to do', async () => {
  const failing = checkout();
  failing.write('npm-fails', '');
  const failed = await failing.run(['countersign']);
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /npm ci did not succeed \(9\).*\n.*package registry or a filled npm cache/);
  rmSync(join(failing.folder, 'npm-fails'));
  assert.equal((await failing.run(['countersign'])).code, 0);

  for (const [flag, words] of [
    ['npm-brings-no-node', /has no Node: its install script has not run[\s\S]*npm rebuild node --ignore-scripts=false/],
    ['npm-brings-strange-node', /does not run on this system[\s\S]*Install Node 999\.0 or newer/],
    ['npm-brings-old-node', /has Node v\d+\.[\s\S]* needs 999\.0 or newer/],
  ] as const) {
    const poor = checkout('>=999.0');
    poor.write(flag, '');
    const { code, stderr, stdout } = await poor.run(['countersign']);
    assert.equal(code, 1);
    assert.match(stderr, words);
    assert.equal(stdout, '');
  }
  const musl = checkout();
  musl.write('npm-brings-strange-node', '');
  const helped = await musl.run(['countersign']);
  assert.match(helped.stderr, /no Node that runs here; going on with the present one/);
  assert.equal(helped.stdout, '[]\n');
});

test('the tests run short or long, without the options of whoever runs them, and end with node’s summary', async () => {
  const { run, write } = checkout();
  const body = (name: string): string =>
    `import { test } from 'node:test'; test('${name} ' + process.env.COUNTERSIGN_PORT + process.env.COUNTERSIGN_TEST_X, () => {});`;
  write('src/totp/code.test.ts', body('unit'));
  write('test/stories/a.test.ts', body('story'));
  write('test/attacks/a.test.ts', body('one that the suite of both databases runs'));
  write('test/databases/suite.json', '["test/attacks"]');
  write('test/long/b.test.ts', body('long'));
  write(
    'docs/security/asvs.md',
    'Shown by `src/totp/code.test.ts` “unit undefinedkept” and `test/long/b.test.ts` “long undefinedkept”.',
  );
  const env = { COUNTERSIGN_PORT: '1', COUNTERSIGN_TEST_X: 'kept' };
  const short = await run(['test'], env);
  assert.match(short.stdout, /unit undefinedkept[\s\S]*story undefinedkept[\s\S]*tests 2\n/);
  assert.equal(short.code, 0);
  const long = await run(['test:long'], env);
  assert.match(long.stdout, /long undefinedkept[\s\S]*tests 1\n/);
  assert.match((await run(['test', 'src/totp/code.test.ts'])).stdout, /unit [\s\S]*tests 1\n/);
  write('test/stories/a.test.ts', body('told'));
  write('docs/security/asvs.md', 'Shown by `test/stories/a.test.ts` “story undefinedkept”.');
  const unshown = await run(['test']);
  assert.equal(unshown.code, 1, 'a page names a test that has not passed');
  assert.match(unshown.stderr, /names "story undefinedkept" of test\/stories\/a\.test\.ts, which has not passed here/);
  write('docs/security/asvs.md', '');
  write('src/totp/code.test.ts', "import { test } from 'node:test'; test('fails', () => { throw new Error('no'); });");
  assert.equal((await run(['test'])).code, 1);
});
