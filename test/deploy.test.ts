/** The files of deploy/, which nobody runs here: read as systemd, Docker and Compose read them, and held to the code. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { readSettings } from '../src/cli/settings.ts';
import { farewell, patience } from '../src/cli/stop.ts';
import { verbs } from '../src/cli/verbs.ts';
import { minute, second } from '../src/clock.ts';
import { mostConnections } from '../src/database/postgres/limits.ts';
import { environmentName, optionNames, optionTable, readDuration } from '../src/options.ts';
import { whyNotListen } from '../src/server.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const manifest = JSON.parse(read('package.json')) as {
  bin: { countersign: string };
  devDependencies: Record<string, string>;
};

interface Instance {
  build: { context: string; dockerfile: string };
  environment: Record<string, string>;
  secrets: string[];
  volumes: string[];
  [other: string]: unknown;
}

const unit = unitOf(read('deploy/countersign.service'));
const image = instructionsOf(read('deploy/Dockerfile'));
const imageEnvironment = assignments(last('ENV'));
const compose = parse(read('deploy/compose.yml'), { merge: true }) as {
  services: Record<string, Instance>;
  networks: { front: { ipam: { config: [{ subnet: string }] } }; back: { internal: boolean } };
  volumes: Record<string, unknown>;
  secrets: Record<string, { file: string }>;
};
const instances = Object.entries(compose.services).filter(([name]) => name.startsWith('countersign-'));

test('every option that a file of deploy/ sets is one, with a value that is taken, and none holds a secret', () => {
  const ofUnit = assignments((unit.get('Environment') ?? []).join(' '));
  for (const environment of [ofUnit, imageEnvironment, ...instances.map(([, instance]) => instance.environment)]) {
    const ours = Object.entries(environment).filter(([name]) => name.startsWith('COUNTERSIGN_'));
    assert.ok(ours.length > 2);
    for (const [name] of ours) assert.ok(!secretNames.includes(name), `${name} stands in no environment`);
    assert.ok(settingsOf(environment));
  }
  const { environment } = compose.services['postgres'] as Instance;
  assert.deepEqual(
    Object.keys(environment).filter((name) => /PASSWORD/.test(name)),
    ['POSTGRES_PASSWORD_FILE'],
  );
  const known = [...optionNames.map(environmentName), ...secretNames.map((name) => `${name}_FILE`)];
  for (const [name = ''] of read('deploy/countersign.service').matchAll(/COUNTERSIGN_[A-Z_]+/g))
    assert.ok(known.includes(name), name);
});

test('an instance of compose.yml may listen: it stands behind the one proxy that it trusts', () => {
  const front = compose.networks.front.ipam.config[0].subnet;
  for (const [name, instance] of instances) {
    const options = settingsOf({ ...imageEnvironment, ...instance.environment });
    assert.equal(whyNotListen(options), undefined, name);
    const proxy = compose.services['proxy'] as unknown as { networks: { front: { ipv4_address: string } } };
    assert.deepEqual(options.trustProxy, [proxy.networks.front.ipv4_address]);
    assert.ok(front.startsWith(String(options.trustProxy[0]).replace(/\.\d+$/, '.')), front);
    assert.ok(options.drain > 0, 'the proxy has time to see that it stops');
  }
  assert.deepEqual(Object.keys(compose.services['postgres']?.['networks'] ?? {}).length, 1);
  assert.equal(compose.networks.back.internal, true);
});

test('the proxy sends to every instance, and looks whether it is ready', () => {
  const [, upstreams = ''] = /reverse_proxy (.+) \{/.exec(read('deploy/Caddyfile')) ?? [];
  const { COUNTERSIGN_PORT: port } = imageEnvironment;
  assert.deepEqual(
    upstreams.split(' '),
    instances.map(([name]) => `${name}:${port}`),
  );
  assert.equal(instances.length, 3);
  assert.equal(last('EXPOSE'), port);
  const [, path] = /health_uri (\S+)/.exec(read('deploy/Caddyfile')) ?? [];
  assert.ok(read('src/upkeep/routes.ts').includes(`url: '${path}'`), path);
});

test('whoever stops an instance waits for its drain and for the requests in flight', () => {
  const longest = minute + patience + farewell;
  assert.ok(optionTable.drain.schema.safeParse(minute).success);
  assert.ok(!optionTable.drain.schema.safeParse(minute + second).success);
  assert.ok(Number(one('TimeoutStopSec')) * second > longest);
  for (const [, { stop_grace_period }] of instances)
    assert.ok(Number(readDuration(String(stop_grace_period))) > longest);
  assert.deepEqual([one('KillSignal'), last('STOPSIGNAL')], ['SIGTERM', 'SIGTERM']);
  assert.ok(instances.every(([, { init }]) => init === true));
});

test('unit and image start the program that the package ships, on a Node that it runs on', () => {
  const program = join('/opt/countersign', manifest.bin.countersign);
  assert.equal(one('ExecStart'), `/opt/countersign/node_modules/.bin/node ${program} serve`);
  const made = image.filter(({ word }) => word === 'RUN').some(({ rest }) => rest.includes(`ln -s ${program} `));
  assert.ok(made && last('WORKDIR') === '/opt/countersign');
  assert.deepEqual(JSON.parse(last('ENTRYPOINT')), ['countersign']);
  const [, check = ''] = / CMD (\[.*\])$/.exec(last('HEALTHCHECK')) ?? [];
  for (const verb of [JSON.parse(last('CMD')), JSON.parse(check).slice(1)].flat())
    assert.ok(
      verbs.some(({ name }) => name === verb),
      verb,
    );
  const bases = image.filter(({ word }) => word === 'FROM').map(({ rest }) => rest.split(' ')[0]);
  const node = `node:${manifest.devDependencies['node']}-slim`;
  assert.deepEqual(bases, [node, node]);
});

test('the image is built of what is there, and of what its ignore file lets through', () => {
  const allowed = read('deploy/Dockerfile.dockerignore').split('\n');
  const copied = image
    .filter(({ word, rest }) => word === 'COPY' && !rest.startsWith('--from'))
    .flatMap(({ rest }) => rest.split(' ').slice(0, -1));
  assert.ok(copied.length > 5);
  for (const path of copied) {
    assert.ok(existsSync(join(root, path)), path);
    assert.ok(allowed.includes(`!${path}`), `${path} is ignored`);
  }
  for (const { rest } of image.filter(({ word }) => word === 'RUN'))
    for (const [, script = ''] of rest.matchAll(/node (scripts\S+)/g))
      assert.ok(existsSync(join(root, script)), script);
  for (const [, { build }] of instances) {
    assert.equal(join(root, 'deploy', build.context), root);
    assert.ok(existsSync(join(root, build.dockerfile)));
  }
});

test('no file of deploy/ gives the service more than it needs', () => {
  assert.deepEqual([one('User'), one('CapabilityBoundingSet'), one('ProtectSystem')], ['countersign', '', 'strict']);
  for (const key of ['NoNewPrivileges', 'ProtectHome', 'PrivateTmp', 'PrivateDevices', 'RestrictNamespaces'])
    assert.equal(one(key), 'yes', key);
  const [, uid = 0] = /^(\d+):(\d+)$/.exec(last('USER')) ?? [];
  assert.ok(Number(uid) > 999);
  for (const [name, instance] of instances) {
    const { user, read_only, cap_drop, security_opt, ports, privileged } = instance;
    assert.deepEqual([user, read_only, ports, privileged], [last('USER'), true, undefined, undefined], name);
    assert.deepEqual([cap_drop, security_opt], [['ALL'], ['no-new-privileges:true']]);
  }
});

test('what an instance writes has a place of its own, the mark apart from the data', () => {
  const folders = (one('StateDirectory') ?? '').split(' ').map((name) => `/var/lib/${name}`);
  const ofUnit = settingsOf(assignments((unit.get('Environment') ?? []).join(' ')));
  assert.deepEqual([dirname(ofUnit.data), dirname(ofUnit.markFile)], folders);
  const ofImage = settingsOf(imageEnvironment);
  const volumes = instances.map(([, { volumes }]) => volumes);
  for (const mounted of volumes) assert.equal(mounted[0]?.split(':')[1], dirname(ofImage.markFile));
  const names = volumes.map(([volume]) => volume?.split(':')[0] ?? '');
  assert.equal(new Set(names).size, instances.length, 'each instance keeps a mark of its own');
  for (const name of names) assert.ok(name in compose.volumes, name);
});

test('every secret of compose.yml is a file, given to whom it is for and read where it lies', () => {
  const files = Object.values(compose.secrets).map(({ file }) => file);
  assert.ok(files.every((file) => file.startsWith('./secrets/')) && read('.gitignore').includes('/deploy/secrets/\n'));
  const given = Object.values(compose.services).flatMap(({ secrets = [] }) => secrets);
  assert.deepEqual(new Set(given), new Set(Object.keys(compose.secrets)));
  for (const [, { secrets, environment }] of instances) {
    const { COUNTERSIGN_KEY_FILE: key } = imageEnvironment;
    const named = [key, environment['COUNTERSIGN_DATABASE_URL_FILE']];
    assert.deepEqual(
      secrets.map((name) => `/run/secrets/${name}`),
      named,
    );
  }
});

test('PostgreSQL has connections for all instances and an operator beside them, as it comes', () => {
  const needed = (instances.length + 1) * mostConnections;
  assert.ok(needed < 97, `${instances.length} instances of ${mostConnections} connections`);
});

test('each file says that nobody has run it here, and the page that leads to them does', () => {
  for (const file of ['countersign.service', 'Dockerfile', 'compose.yml'])
    assert.match(read(`deploy/${file}`), /^# .*\n?.*Nobody has (run|built) this (file|image) here/, file);
  assert.match(read('docs/how-to/deploying.md'), /Nobody has run them here/);
});

const secretNames = optionNames.filter((name) => 'secret' in optionTable[name]).map(environmentName);

/** What the command line makes of an environment, but for the secrets that lie in files. */
function settingsOf(environment: Record<string, string>) {
  const files = secretNames.map((name) => `${name}_FILE`);
  const own = Object.entries(environment).filter(([name]) => !files.includes(name));
  return readSettings({}, Object.fromEntries(own)).options;
}

/** The keys of a unit, of whatever section, each with its values in order. */
function unitOf(text: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [, key = '', value = ''] of text.matchAll(/^(\w+)=(.*)$/gm))
    found.set(key, [...(found.get(key) ?? []), value]);
  return found;
}

function one(key: string): string | undefined {
  const values = unit.get(key) ?? [];
  assert.equal(values.length, 1, key);
  return values[0];
}

/** The instructions of a Dockerfile; one may go on over several lines. */
function instructionsOf(text: string): { word: string; rest: string }[] {
  const lines = text
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n');
  return lines.flatMap((line) => {
    const [, word, rest] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    return word && rest !== undefined ? [{ word, rest }] : [];
  });
}

/** The last instruction of a kind, which is that of the image and not of the stage that builds it. */
function last(word: string): string {
  return image.findLast((instruction) => instruction.word === word)?.rest ?? assert.fail(`no ${word}`);
}

function assignments(text: string): Record<string, string> {
  return Object.fromEntries(text.split(/\s+/).map((part) => [part.split('=')[0], part.replace(/^\w+=/, '')]));
}
