import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, hour, minute, second } from './clock.ts';
import {
  environmentName,
  flagName,
  OptionError,
  type OptionName,
  optionNames,
  optionTable,
  resolveOptions,
} from './options.ts';

const isRefused =
  (name: OptionName) =>
  (error: unknown): boolean =>
    error instanceof OptionError && error.message.startsWith(`${flagName(name)} (${environmentName(name)}) cannot be `);

test('the defaults are those of the contract', () => {
  const { hashConcurrency, ...rest } = resolveOptions({});
  assert.ok(hashConcurrency >= 1 && hashConcurrency <= 4);
  assert.deepEqual(rest, {
    host: 'localhost',
    port: 8000,
    data: './data',
    databaseUrl: '',
    keyFile: './keys/countersign.keys',
    markFile: '',
    publicUrl: '',
    trustProxy: [],
    proxyHeader: 'X-Forwarded-For',
    drain: 0,
    tlsCert: '',
    tlsKey: '',
    issuer: 'Countersign',
    contact: '',
    requireSecondFactor: 'administrators',
    otpInQuery: 'on',
    totpWindow: 1,
    sessionLifetime: 24 * hour,
    sessionIdle: hour,
    corsOrigins: [],
    passwordBlocklistFile: '',
    argon2Memory: 19456,
    argon2Passes: 2,
    hashQueue: 64,
    auditRetention: 400 * day,
    metricsPort: 0,
    logLevel: 'info',
  });
});

test('a drain is for a proxy: where one is trusted there is one, unless it is said otherwise', () => {
  const trustProxy = ['127.0.0.1'];
  assert.equal(resolveOptions({ trustProxy }).drain, 5 * second);
  assert.equal(resolveOptions({ trustProxy, drain: 0 }).drain, 0);
  assert.equal(resolveOptions({ drain: minute }).drain, minute);
  assert.throws(() => resolveOptions({ drain: minute + second }), isRefused('drain'));
});

test('every option has its flag, its variable, and a sentence', () => {
  assert.equal(environmentName('keyFile'), 'COUNTERSIGN_KEY_FILE');
  assert.equal(flagName('keyFile'), '--key-file');
  assert.equal(environmentName('otpInQuery'), 'COUNTERSIGN_OTP_IN_QUERY');
  assert.equal(environmentName('argon2Memory'), 'COUNTERSIGN_ARGON2_MEMORY');
  for (const name of optionNames) {
    assert.match(environmentName(name), /^COUNTERSIGN_[A-Z0-9]+(_[A-Z0-9]+)*$/);
    assert.match(flagName(name), /^--[a-z0-9]+(-[a-z0-9]+)*$/);
    assert.match(optionTable[name].help, /^[A-Z].*\.$/s, name);
  }
});

test('text of a flag or of the environment is read as what it is', () => {
  const read = (name: OptionName, text: string): unknown =>
    resolveOptions({ [name]: optionTable[name].read(text) })[name];
  assert.equal(read('port', '0'), 0);
  assert.equal(read('sessionLifetime', '90s'), 90 * second);
  assert.equal(read('sessionLifetime', '15m'), 15 * minute);
  assert.equal(read('sessionIdle', '24h'), day);
  assert.equal(read('sessionLifetime', '30d'), 30 * day);
  assert.equal(read('auditRetention', '30d'), 30 * day);
  assert.equal(read('auditRetention', '0'), 0);
  assert.deepEqual(read('trustProxy', '10.0.0.0/8, ::1  192.0.2.1'), ['10.0.0.0/8', '::1', '192.0.2.1']);
  assert.deepEqual(read('trustProxy', ''), []);
  assert.deepEqual(read('corsOrigins', 'https://a.example,https://b.example:8443'), [
    'https://a.example',
    'https://b.example:8443',
  ]);
  assert.equal(read('issuer', ' Example app '), 'Example app');
  assert.equal(read('contact', ' Ask Ada, room 12 '), 'Ask Ada, room 12');
  assert.equal(read('contact', ''), '');
});

test('a value that is none is refused with the name of its flag and variable', () => {
  const wrong: [OptionName, string][] = [
    ['port', '-1'],
    ['port', '65536'],
    ['port', '80x'],
    ['port', '8e3'],
    ['port', ''],
    ['host', ''],
    ['sessionLifetime', '90'],
    ['sessionLifetime', '24 h'],
    ['sessionLifetime', '59s'],
    ['sessionLifetime', '31d'],
    ['sessionLifetime', '-5m'],
    ['sessionIdle', '0s'],
    ['auditRetention', '29d'],
    ['auditRetention', '3651d'],
    ['auditRetention', '-1'],
    ['auditRetention', '1'],
    ['requireSecondFactor', 'admins'],
    ['otpInQuery', 'true'],
    ['totpWindow', '2'],
    ['publicUrl', 'https://auth.example/'],
    ['publicUrl', 'auth.example'],
    ['publicUrl', 'https://user@auth.example'],
    ['trustProxy', '10.0.0.0/33'],
    ['trustProxy', 'proxy.example'],
    ['proxyHeader', 'X Forwarded'],
    ['corsOrigins', '*'],
    ['corsOrigins', 'null'],
    ['issuer', ''],
    ['issuer', 'a:b'],
    ['issuer', 'x'.repeat(65)],
    ['issuer', 'a\nb'],
    ['contact', 'a\nb'],
    ['contact', 'x'.repeat(201)],
    ['argon2Memory', '19455'],
    ['argon2Passes', '1'],
    ['hashConcurrency', '0'],
    ['hashQueue', '0'],
    ['logLevel', 'verbose'],
  ];
  for (const [name, text] of wrong)
    assert.throws(() => resolveOptions({ [name]: optionTable[name].read(text) }), isRefused(name), `${name}=${text}`);
});

test('values are never coerced', () => {
  assert.throws(() => resolveOptions({ port: '8000' }), isRefused('port'));
  assert.throws(() => resolveOptions({ sessionIdle: '1h' }), isRefused('sessionIdle'));
  assert.throws(() => resolveOptions({ trustProxy: '10.0.0.1' }), isRefused('trustProxy'));
  assert.throws(() => resolveOptions({ otpInQuery: true }), isRefused('otpInQuery'));
});

test('an option that there is not is refused, and certificate and key come together', () => {
  assert.throws(() => resolveOptions({ prot: 1 } as object), /There is no option "prot"/);
  assert.throws(() => resolveOptions({ tlsCert: 'cert.pem' }), /tls-cert and tls-key together/);
  assert.throws(() => resolveOptions({ tlsKey: 'key.pem' }), /tls-cert and tls-key together/);
});
