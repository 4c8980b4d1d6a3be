import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createKeyring } from '../../seal.ts';
import { type ChainRecord, macOf, noMac, type Register, type Row, same, signRecord, signRegister } from './form.ts';
import { createKeys } from './keys.ts';

type StoredAsHex = Omit<ChainRecord, 'head' | 'cut_mac'> & { head: string; cut_mac: string; mac: string };

interface Vectors {
  key: { id: string; secret: string };
  keys: { rows: string; records: string; register: string };
  rows: (Omit<Row, 'mac'> & { mac: string })[];
  record: StoredAsHex;
  record_taken_over: StoredAsHex;
  register: Register & { mac: string };
}

// Made apart from this program: see what stands in the file.
const vectors: Vectors = JSON.parse(
  readFileSync(new URL('../../../test/vectors/audit-chain.json', import.meta.url), 'utf8'),
);
const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');
const { id, secret } = vectors.key;
const keys = createKeys(createKeyring([{ id, secret: bytes(secret) }], id));
const own = keys.held(id);
const record = { ...vectors.record, head: bytes(vectors.record.head), cut_mac: bytes(vectors.record.cut_mac) };

test('the keys of rows, records and register are derived as written, and differ', () => {
  const { rows, records, register } = vectors.keys;
  assert.deepEqual(own, { rows: bytes(rows), records: bytes(records), register: bytes(register) });
});

test('the mac of a row is what another program computes', () => {
  let previous: Buffer = noMac;
  for (const { mac, ...row } of vectors.rows) {
    previous = macOf(own, previous, row);
    assert.equal(previous.toString('hex'), mac, `row ${row.sequence}`);
  }
});

test('the macs of a record and of the register are what another program computes', () => {
  assert.equal(signRecord(own, record).toString('hex'), vectors.record.mac);
  const { lost_key_id, mac } = vectors.record_taken_over;
  assert.equal(signRecord(own, { ...record, lost_key_id }).toString('hex'), mac);
  assert.equal(signRegister(own, vectors.register).toString('hex'), vectors.register.mac);
});

test('every member of a row, of a record and of the register counts, its kind included', () => {
  const [row] = vectors.rows;
  assert.ok(row);
  const others = { chain: 4, link: 2, sequence: 8, at: 0, event: '', user_id: null, actor_id: '', session_id: null };
  for (const [name, value] of Object.entries({ ...others, address: null, detail: null })) {
    assert.notEqual(macOf(own, noMac, { ...row, [name]: value }).toString('hex'), row.mac, name);
  }
  assert.notEqual(
    macOf(own, noMac, { ...row, ...Object.fromEntries([['at', String(row.at)]]) }).toString('hex'),
    row.mac,
  );
  assert.notEqual(macOf(own, Buffer.alloc(32, 1), row).toString('hex'), row.mac);
  const changed = {
    number: 4,
    key_id: 'k2',
    lost_key_id: 'k1',
    started_at: 0,
    length: 4,
    head: noMac,
    cut: 0,
    cut_mac: noMac,
    flaws: 1,
  };
  for (const [name, value] of Object.entries(changed))
    assert.notEqual(signRecord(own, { ...record, [name]: value }).toString('hex'), vectors.record.mac, name);
  for (const [name, value] of Object.entries({ first: 1, last: 4, since: 1, key_id: 'k2' }))
    assert.notEqual(
      signRegister(own, { ...vectors.register, [name]: value }).toString('hex'),
      vectors.register.mac,
      name,
    );
});

test('what is no mac is the same as none', () => {
  for (const found of [null, undefined, '', 'text', 0, new Uint8Array(), new Uint8Array(31)])
    assert.equal(same(noMac, found), false);
  assert.equal(same(noMac, new Uint8Array(32)), true);
});

test('a key that the file does not hold signs nothing and fits nothing', () => {
  assert.equal(keys.of('k9'), undefined);
  assert.equal(keys.of(null), undefined);
  assert.throws(() => keys.held('k9'), /"k9" is not held/);
  assert.equal(keys.fits({ ...record, key_id: 'k9', mac: noMac }), false);
  assert.equal(keys.fitsRegister({ ...vectors.register, key_id: 'k9', mac: noMac }, 1), false);
});
