import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sameOrigin } from './same-origin.ts';

const own = ['http://localhost:8000', 'http://127.0.0.1:8000'];

test('Sec-Fetch-Site decides where it is sent, whatever Origin says', () => {
  const sites = ['same-origin', 'none', 'same-site', 'cross-site', '', 'nonsense'];
  assert.deepEqual(
    sites.map((site) => sameOrigin({ 'sec-fetch-site': site, origin: own[0] }, own)),
    [true, false, false, false, false, false],
  );
  assert.equal(sameOrigin({ 'sec-fetch-site': 'same-origin', origin: 'https://evil.example' }, own), true);
});

test('without it Origin does, to the letter', () => {
  const origins = [...own, 'http://localhost', 'https://localhost:8000', 'http://localhost:8000/', 'null', ''];
  assert.deepEqual(
    origins.map((origin) => sameOrigin({ origin }, own)),
    [true, true, false, false, false, false, false],
  );
});

test('a request that says neither is refused, and a referrer is no proof', () => {
  assert.equal(sameOrigin({}, own), false);
  assert.equal(sameOrigin({ referer: 'http://localhost:8000/setup', host: 'localhost:8000' }, own), false);
});
