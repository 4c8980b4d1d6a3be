import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  compiler,
  installOffline,
  linkTools,
  lockedVersions,
  type Packed,
  pack,
  productionPackages,
  run,
} from './packed.ts';

let packed: Packed;
let place: string;

before(async () => {
  packed = await pack();
  place = await installOffline(packed);
});

after(() => {
  for (const folder of [packed?.folder, place]) if (folder) rmSync(folder, { recursive: true, force: true });
});

test('npm pack gives compiled JavaScript with its types and nothing of the workshop', () => {
  const paths = packed.files.map(({ path }) => path);
  const beside = /^(package\.json|README\.md|LICENSE|NOTICE\.md|CHANGELOG\.md|SECURITY\.md)$/;
  const compiled =
    /^dist\/.*(\.c?js|\.d\.ts|\.css|\.svg|common-passwords\.txt|\/vendor\/.*)$|^dist\/(sbom\.cdx\.json|LICENSES\.txt)$/;
  assert.deepEqual(
    paths.filter((path) => !beside.test(path) && !compiled.test(path)),
    [],
  );
  assert.deepEqual(
    paths.filter((path) => /\.test\.|(?<!\.d)\.ts$|\.map$|tsconfig/.test(path)),
    [],
  );
  for (const path of [
    'package.json',
    'README.md',
    'LICENSE',
    'CHANGELOG.md',
    'SECURITY.md',
    'dist/index.js',
    'dist/index.d.ts',
  ])
    assert.ok(paths.includes(path), path);
  assert.equal(packed.files.find(({ path }) => path === 'dist/cli/main.js')?.mode, 0o755);
});

test('it brings the native hash and nothing else, at most 12 MB, and nothing that runs when it is installed', () => {
  const needed = productionPackages();
  assert.deepEqual(
    needed.filter(({ path }) => !path.startsWith('node_modules/@node-rs/argon2')),
    [],
  );
  assert.deepEqual(
    needed.filter(({ hasInstallScript }) => hasInstallScript),
    [],
  );
  const size = readdirSync(join(place, 'node_modules'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
  assert.ok(size <= 12 * 1000 * 1000, `${size} bytes`);
});

test('all other code is inside: what is asked for by name is Node, the native hash, or what nobody ever asks for', () => {
  const dist = join(place, 'node_modules', 'countersign', 'dist');
  const code = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((file) => /\.c?js$/.test(file));
  const asked = code
    .filter((file) => !/assets|vendor/.test(file))
    .flatMap((file) => [
      ...readFileSync(join(dist, file), 'utf8').matchAll(/\}\s*from\s*"([^".][^"]*)"|\brequire\("([^".][^"]*)"\)/g),
    ])
    .map(([, imported, required]) => imported ?? required ?? '');
  const foreign = new Set(asked.filter((name) => !isBuiltin(name)));
  const never = ['@fastify/ajv-compiler', '@fastify/fast-json-stringify-compiler', 'pg-cloudflare', 'pg-native'];
  assert.deepEqual([...foreign].filter((name) => !never.includes(name)).sort(), ['@node-rs/argon2']);
});

test('what is inside is listed with its version and licence, and the text of the licence is there', () => {
  const dist = join(place, 'node_modules', 'countersign', 'dist');
  const { components } = JSON.parse(readFileSync(join(dist, 'sbom.cdx.json'), 'utf8')) as {
    components: { name: string; version: string; purl: string; licenses: object[] }[];
  };
  const versions = lockedVersions();
  for (const { name, version, purl, licenses } of components) {
    if (name !== 'redoc') assert.ok(versions.get(name)?.includes(version), `${name} ${version}`);
    assert.equal(purl, `pkg:npm/${name.replace('@', '%40')}@${version}`);
    assert.equal(licenses.length, 1);
  }
  const names = components.map(({ name }) => name);
  const expected = [
    'fastify',
    'find-my-way',
    'kysely',
    'light-my-request',
    'pg',
    'pino',
    'redoc',
    'swagger-ui-dist',
    'zod',
  ];
  assert.deepEqual(
    expected.filter((name) => !names.includes(name)),
    [],
  );
  const texts = readFileSync(join(dist, 'LICENSES.txt'), 'utf8');
  const copied = ['@zxcvbn-ts/language-common', 'redoc', 'swagger-ui-dist'];
  for (const { name, version } of components.filter((part) => !copied.includes(part.name))) {
    const [, text = ''] = texts.split(`\n\n${name} ${version} (`);
    assert.match(text, /^[^\n]*\)\n=+\n\n\S[\s\S]{200}/, name);
  }
});

test('installed it has the command, which works on a database of its own', async () => {
  const countersign = (args: string[], input = '') =>
    run(place, join('node_modules', '.bin', 'countersign'), args, { input });
  assert.match((await countersign(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/);
  assert.match((await countersign(['--help'])).stdout, /setup-link/);
  await countersign(['user', 'create', 'alice'], 'four unrelated plain words\n');
  const { users } = JSON.parse((await countersign(['user', 'list', '--json'])).stdout);
  assert.deepEqual(
    users.map(({ name }: { name: string }) => name),
    ['alice'],
  );
});

test('installed it can be imported, and only by its name', async () => {
  const program = `
    import { createServer, KeyError, OptionError, systemClock } from 'countersign';
    const server = await createServer({ data: './own/data', keyFile: './own/keys', logLevel: 'silent' }, { clock: () => systemClock() });
    const pages = await Promise.all(['/', '/docs', '/redoc', '/openapi.json', '/readyz'].map((url) => server.inject(url)));
    const inside = await import('countersign/dist/server.js').catch(({ code }) => code);
    const refused = await createServer({ port: -1 }).catch((error) => error instanceof OptionError);
    await server.close();
    process.stdout.write(JSON.stringify([pages.map(({ statusCode }) => statusCode), inside, refused, typeof KeyError]));`;
  writeFileSync(join(place, 'program.js'), program);
  const { stdout } = await run(place, process.execPath, ['program.js']);
  assert.deepEqual(JSON.parse(stdout), [[200, 200, 200, 200, 200], 'ERR_PACKAGE_PATH_NOT_EXPORTED', true, 'function']);
});

test('installed it takes passkeys of each kind of key, which speak for themselves, and reads no certificate of theirs', async () => {
  const program = `
    import { createServer } from 'countersign';
    import { softwareAuthenticator } from ${JSON.stringify(new URL('authenticator.ts', import.meta.url).href)};
    const server = await createServer({ data: './keyed/data', keyFile: './keyed/keys', logLevel: 'silent' });
    await server.users.create({ name: 'carol', password: 'four unrelated plain words' });
    const authorization = 'Basic ' + Buffer.from('carol:four unrelated plain words').toString('base64');
    const post = async (url, payload, headers) => (await server.inject({ method: 'POST', url, payload, headers })).json();
    const { token } = await post('/auth/credentials', undefined, { authorization });
    const bearer = { authorization: 'Bearer ' + token };
    const said = [];
    for (const algorithm of [-7, -8, -257]) {
      const device = softwareAuthenticator({ algorithm });
      const { options } = await post('/auth/passkeys/registration/options', undefined, bearer);
      const credential = device.create(options, { format: 'packed' });
      const { passkey } = await post('/auth/passkeys', { name: 'Key ' + algorithm, credential }, bearer);
      const asked = await post('/auth/passkeys/sign-in/options');
      const answer = { ceremony: asked.ceremony, credential: device.get(asked.options) };
      said.push(passkey?.name, (await post('/auth/passkeys/sign-in', answer)).status);
    }
    await server.close();
    process.stdout.write(JSON.stringify(said));`;
  writeFileSync(join(place, 'keyed.js'), program);
  const { stdout } = await run(place, process.execPath, ['keyed.js']);
  assert.deepEqual(JSON.parse(stdout), ['Key -7', 0, 'Key -8', 0, 'Key -257', 0]);
  const { components } = JSON.parse(
    readFileSync(join(place, 'node_modules', 'countersign', 'dist', 'sbom.cdx.json'), 'utf8'),
  ) as { components: { name: string }[] };
  const names = components.map(({ name }) => name);
  assert.ok(names.includes('@simplewebauthn/server'));
  assert.deepEqual(
    names.filter((name) => /x509|reflect-metadata|tsyringe/.test(name)),
    [],
  );
});

test('a program in TypeScript that uses it compiles, and one that misuses it does not', async () => {
  linkTools(place);
  const right = `
    import { createServer, type Clock, type Options, type Server } from 'countersign';
    const options: Partial<Options> = { port: 0, requireSecondFactor: 'everyone', trustProxy: ['10.0.0.0/8'] };
    const clock: Clock = () => 0;
    const server: Server = await createServer(options, { clock });
    const session = await server.sessions.find('csn_x');
    export const name: string | undefined = session?.level === 'full' ? session.name : undefined;
    await server.listen({ port: 0 });`;
  const wrong = "import { createServer } from 'countersign'; await createServer({ requireSecondFactor: 'someone' });";
  writeFileSync(join(place, 'right.ts'), right);
  writeFileSync(join(place, 'wrong.ts'), wrong);
  const compile = (file: string) =>
    run(place, process.execPath, [
      compiler,
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2024',
      '--types',
      'node',
      file,
    ]);
  await compile('right.ts');
  await assert.rejects(compile('wrong.ts'), /requireSecondFactor|"someone"/);
});
