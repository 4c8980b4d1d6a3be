import assert from 'node:assert/strict';
import { test } from 'node:test';
import { networkOf, siteOf } from './network.ts';

test('an IPv4 address is a network of its own, also when written as IPv6', () => {
  assert.equal(networkOf('203.0.113.9'), '203.0.113.9');
  assert.equal(networkOf('::ffff:203.0.113.9'), '203.0.113.9');
});

test('an IPv6 address belongs to its /64, however it is written', () => {
  const spellings = ['2001:db8:1:2::1', '2001:0DB8:0001:0002:FFFF:FFFF:FFFF:FFFF', '2001:db8:1:2:3:4:5:6'];
  assert.deepEqual(new Set(spellings.map(networkOf)).size, 1);
  assert.notEqual(networkOf('2001:db8:1:2::1'), networkOf('2001:db8:1:3::1'));
});

test('what is no address stands for itself', () => {
  assert.equal(networkOf('unix'), 'unix');
});

test('an IPv6 address belongs to a /48 too, and for an IPv4 address that is itself', () => {
  assert.equal(siteOf('2001:db8:1:2::1'), siteOf('2001:db8:1:ffff::9'));
  assert.notEqual(siteOf('2001:db8:1:2::1'), siteOf('2001:db8:2:2::1'));
  for (const address of ['203.0.113.9', '::ffff:203.0.113.9', 'unix'])
    assert.equal(siteOf(address), networkOf(address));
});
