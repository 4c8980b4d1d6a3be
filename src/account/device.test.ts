import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deviceOf, nameFor } from './device.ts';

const apple = 'AppleWebKit/605.1.15 (KHTML, like Gecko)';
const google = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0';

const known = [
  ['Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0', 'Firefox on Linux'],
  ['Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0', 'Firefox on Android'],
  [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${google} Safari/537.36`, 'Chrome on Windows'],
  [`Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${google} Safari/537.36`, 'Chrome on ChromeOS'],
  [`Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/142.0.0.0 Safari/537.36`, 'Chrome on Linux'],
  [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${google} Safari/537.36 Edg/142.0.0.0`, 'Edge on Windows'],
  [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${google} Safari/537.36 OPR/125.0.0.0`, 'Opera on Windows'],
  [
    `Mozilla/5.0 (Linux; Android 10; K) ${google} SamsungBrowser/29.0 Mobile Safari/537.36`,
    'Samsung Internet on Android',
  ],
  [`Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${apple} Version/26.1 Safari/605.1.15`, 'Safari on macOS'],
  [
    `Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) ${apple} Version/26.1 Mobile/15E148 Safari/604.1`,
    'Safari on iPhone',
  ],
  [`Mozilla/5.0 (iPad; CPU OS 18_7 like Mac OS X) ${apple} CriOS/142.0 Mobile/15E148 Safari/604.1`, 'Chrome on iPad'],
  [`Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) ${apple} Mobile/15E148`, 'A browser on iPhone'],
  ['curl/8.9.1', 'curl'],
  ['python-requests/2.32.5', 'python-requests'],
  ['okhttp/5.3.0 (something)', 'okhttp'],
] as const;

test('browsers and programs are called by their names', () => {
  for (const [userAgent, words] of known) assert.equal(deviceOf(userAgent), words, userAgent);
});

test('what is not known is shown as it came, and cut short', () => {
  assert.equal(deviceOf('my own <b>thing</b>'), 'my own <b>thing</b>');
  assert.equal(deviceOf('Mozilla/5.0 (compatible)'), 'Mozilla/5.0 (compatible)');
  assert.equal(deviceOf(`x/1${'<'.repeat(10)}`), 'x/1<<<<<<<<<<');
  assert.equal(deviceOf('🦊'.repeat(60)), '🦊'.repeat(60));
  assert.equal(deviceOf('🦊'.repeat(61)), `${'🦊'.repeat(59)}…`);
});

test('a device without a name is called one', () => {
  for (const nothing of ['', ' ']) assert.equal(deviceOf(nothing), 'An unnamed device');
});

test('a new passkey is called after its device, also where nobody knows that and it says much', () => {
  const long = `Mozilla/5.0 (${'x'.repeat(100)})`;
  const name = `Mozilla/5.0 (${'x'.repeat(46)}…`;
  assert.equal(nameFor(long, []), name);
  assert.equal(nameFor(long, [{ name }]), `${name} 2`);
  assert.equal(nameFor('\u{200b}', []), 'Passkey');
});
