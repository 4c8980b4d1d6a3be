import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hour, minute } from '../clock.ts';
import { OptionError, optionNames, optionTable, resolveOptions } from '../options.ts';
import { defaultText, readSettings, valueText } from './settings.ts';

test('a flag wins over a variable, a variable over the default', () => {
  const { options, sources } = readSettings(
    { port: '1', json: true },
    { COUNTERSIGN_PORT: '2', COUNTERSIGN_ISSUER: 'Ours' },
  );
  assert.deepEqual([options.port, sources.port], [1, '--port']);
  assert.deepEqual([options.issuer, sources.issuer], ['Ours', 'COUNTERSIGN_ISSUER']);
  assert.deepEqual([options.host, sources.host], ['localhost', 'default']);
});

test('an empty variable counts as unset, an empty flag is meant', () => {
  const env = { COUNTERSIGN_PORT: '', COUNTERSIGN_PUBLIC_URL: 'https://sign.example' };
  const { options, sources } = readSettings({ publicUrl: '' }, env);
  assert.deepEqual([options.port, sources.port], [8000, 'default']);
  assert.deepEqual([options.publicUrl, sources.publicUrl], ['', '--public-url']);
});

test('a variable that is none of ours is refused by the name of the nearest, tests and others aside', () => {
  readSettings({}, { COUNTERSIGN_TEST_DATABASE_URL: 'x', PORT: '1', COUNTERSIGN: 'x' });
  for (const [wrong, right] of [
    ['COUNTERSIGN_PROT', 'COUNTERSIGN_PORT'],
    ['COUNTERSIGN_TLS_KEYS', 'COUNTERSIGN_TLS_KEY'],
    ['COUNTERSIGN_REQUIRE_2FA', 'COUNTERSIGN_REQUIRE_SECOND_FACTOR'],
  ] as const) {
    const refused = new RegExp(`no option ${wrong}; the nearest is ${right}\\.`);
    assert.throws(() => readSettings({}, { [wrong]: '' }), { name: OptionError.name, message: refused });
  }
});

test('every value is written in the form in which a flag takes it', () => {
  for (const name of optionNames) {
    const usual = optionTable[name].default;
    const text = valueText(name, usual);
    const { [name]: again } = resolveOptions({ [name]: optionTable[name].read(text) });
    assert.deepEqual(again, usual, name);
  }
  assert.equal(valueText('sessionLifetime', 24 * hour), '24h');
  assert.equal(valueText('sessionLifetime', 72 * hour), '3d');
  assert.equal(valueText('sessionIdle', 90 * minute), '90m');
  assert.equal(valueText('sessionIdle', 1000), '1s');
  assert.equal(valueText('trustProxy', ['10.0.0.0/8', '::1']), '10.0.0.0/8,::1');
});

test('what help says of a default does not depend on the machine', () => {
  assert.equal(defaultText('hashConcurrency'), 'one a core, at most 4');
});
