import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientAddress, trustedNetworks } from './client.ts';

const nobody = trustedNetworks([]);
const proxies = trustedNetworks(['10.0.0.0/8', '192.0.2.1', '2001:db8:aa::/48', '::1']);

test('without a trusted proxy the address is the peer’s, whatever a header says', () => {
  assert.equal(clientAddress('203.0.113.9', '198.51.100.7', nobody), '203.0.113.9');
  assert.equal(clientAddress('203.0.113.9', '198.51.100.7', proxies), '203.0.113.9');
  assert.equal(clientAddress('203.0.113.9', undefined, proxies), '203.0.113.9');
});

test('behind a trusted one it is the right-most hop that is not trusted', () => {
  const table = [
    ['198.51.100.7', '198.51.100.7'],
    ['1.2.3.4, 198.51.100.7', '198.51.100.7'],
    ['1.2.3.4, 198.51.100.7, 10.9.9.9', '198.51.100.7'],
    ['198.51.100.7 , 10.9.9.9 , 192.0.2.1', '198.51.100.7'],
    ['192.0.2.2, 10.9.9.9', '192.0.2.2'],
    ['2001:DB8:0:0::7', '2001:db8::7'],
    ['::ffff:198.51.100.7', '198.51.100.7'],
    ['198.51.100.7:4711', '198.51.100.7'],
    ['[2001:db8::7]:80', '2001:db8::7'],
    ['[2001:db8::7]', '2001:db8::7'],
  ] as const;
  for (const [header, address] of table) assert.equal(clientAddress('10.0.0.1', header, proxies), address, header);
  assert.equal(clientAddress('::ffff:10.0.0.1', '198.51.100.7', proxies), '198.51.100.7');
  assert.equal(clientAddress('2001:db8:aa:1::1', '198.51.100.7', proxies), '198.51.100.7');
});

test('a hop that cannot be read ends the walk at the last trusted one', () => {
  for (const header of ['', ' ', 'unknown', '_hidden', '198.51.100.7:x', '[2001:db8::7', 'x, , 999.1.1.1', ','])
    assert.equal(clientAddress('10.0.0.1', header, proxies), '10.0.0.1', header);
  assert.equal(clientAddress('10.0.0.1', 'garbage, 10.2.2.2', proxies), '10.2.2.2');
  assert.equal(clientAddress('10.0.0.1', undefined, proxies), '10.0.0.1');
});

test('where every hop is trusted the left-most is the client', () => {
  assert.equal(clientAddress('10.0.0.1', '10.3.3.3, 10.2.2.2', proxies), '10.3.3.3');
});

test('one address has one spelling, without a zone', () => {
  assert.equal(clientAddress('fe80::1%eth0', undefined, nobody), 'fe80::1');
  assert.equal(clientAddress('2001:0DB8:0:0:0:0:0:1', undefined, nobody), '2001:db8::1');
  assert.equal(clientAddress('::ffff:203.0.113.9', undefined, nobody), '203.0.113.9');
  assert.equal(clientAddress('', undefined, nobody), '0.0.0.0');
});

test('a network is trusted in its own family only', () => {
  assert.deepEqual(
    ['10.255.0.1', '11.0.0.1', '192.0.2.1', '192.0.2.2', '::1', '::2', '2001:db8:aa::1', '2001:db8:ab::1', 'x', ''].map(
      proxies,
    ),
    [true, false, true, false, true, false, true, false, false, false],
  );
  assert.equal(trustedNetworks(['0.0.0.0/0'])('2001:db8::1'), false);
});
