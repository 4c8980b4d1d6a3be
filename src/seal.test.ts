import assert from 'node:assert/strict';
import { createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import {
  checkValue,
  createKeyring,
  newKeyLine,
  type Place,
  parseKeys,
  type SealKey,
  sealHeader,
  tryOpen,
  Unsealable,
} from './seal.ts';

const one: SealKey = { id: 'one', secret: Buffer.alloc(32, 1) };
const two: SealKey = { id: 'two', secret: Buffer.alloc(32, 2) };
const place: Place = { table: 'authenticators', column: 'secret', row: 'u1' };
const plain = Buffer.from('a secret of twenty b');
const isUnsealable = (error: unknown): boolean => error instanceof Unsealable && error.statusCode === 503;

test('what was sealed opens in its place, whatever it is', () => {
  const sealer = createKeyring([one], 'one');
  for (const value of [plain, Buffer.alloc(0), randomBytes(1000)])
    assert.deepEqual(sealer.open(place, sealer.seal(place, value)), value);
  assert.equal(sealer.seal(place, plain).includes(plain), false);
});

test('it opens nowhere else: not in another table, column or row', () => {
  const sealer = createKeyring([one], 'one');
  const sealed = sealer.seal(place, plain);
  const elsewhere: Place[] = [
    { ...place, table: 'pending_authenticators' },
    { ...place, column: 'hash' },
    { ...place, row: 'u2' },
    { ...place, row: '' },
    { table: 'authenticators', column: 'secret","u1', row: '' },
  ];
  for (const other of elsewhere) assert.throws(() => sealer.open(other, sealed), isUnsealable, JSON.stringify(other));
});

test('the place goes into the key and, apart from it, into the authenticated data', () => {
  const sealed = createKeyring([one], 'one').seal(place, plain);
  const context = JSON.stringify([place.table, place.column, place.row]);
  const key = Buffer.from(hkdfSync('sha256', one.secret, '', `countersign seal ${context}`, 32));
  const openWith = (data: string | undefined): Buffer => {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(5, 17));
    decipher.setAuthTag(sealed.subarray(-16));
    if (data !== undefined) decipher.setAAD(Buffer.from(data));
    return Buffer.concat([decipher.update(sealed.subarray(17, -16)), decipher.final()]);
  };
  assert.deepEqual(openWith(context), plain);
  assert.throws(() => openWith(undefined));
  assert.throws(() => openWith('["authenticators","secret","u2"]'));
});

test('a changed byte, wherever it stands, and a cut value do not open', () => {
  const sealer = createKeyring([one], 'one');
  const sealed = sealer.seal(place, plain);
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = Buffer.from(sealed);
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
    assert.throws(() => sealer.open(place, changed), isUnsealable, `byte ${at}`);
    assert.throws(() => sealer.open(place, sealed.subarray(0, at)), isUnsealable, `cut at ${at}`);
  }
  assert.throws(() => sealer.open(place, Buffer.concat([sealed, Buffer.alloc(1)])), isUnsealable);
  for (const odd of [5, 'text', null])
    assert.throws(() => sealer.open(place, odd as unknown as Uint8Array), isUnsealable, 'as a database may give it');
});

test('trying to open answers nothing where the value cannot be opened, and hides no other fault', () => {
  const sealer = createKeyring([one], 'one');
  const sealed = sealer.seal(place, Buffer.alloc(0));
  assert.deepEqual(tryOpen(sealer, place, sealed), Buffer.alloc(0));
  assert.equal(tryOpen(sealer, { ...place, row: 'u2' }, sealed), undefined);
  const broken = (): Buffer => assert.fail('out of memory');
  assert.throws(() => tryOpen({ ...sealer, open: broken }, place, sealed), /out of memory/);
});

test('no two sealed values are alike', () => {
  const sealer = createKeyring([one], 'one');
  const values = Array.from({ length: 100 }, () => sealer.seal(place, plain).toString('hex'));
  assert.equal(new Set(values).size, 100);
});

test('the active key seals, every key opens, and its id stands in front', () => {
  const sealed = createKeyring([one, two], 'one').seal(place, plain);
  assert.deepEqual(sealed.subarray(0, 5), Buffer.concat([Buffer.from([1, 3]), Buffer.from('one')]));
  assert.deepEqual(createKeyring([two, one], 'two').open(place, sealed), plain);
  assert.throws(
    () => createKeyring([two], 'two').open(place, sealed),
    /sealed with key "one", which the key file does not hold/,
  );
  assert.throws(() => createKeyring([{ ...one, secret: two.secret }], 'one').open(place, sealed), isUnsealable);
  assert.throws(() => createKeyring([one], 'two'), isUnsealable);
});

test('derived keys differ by purpose and by key, are the same every time, and stay what they were when another key seals', () => {
  const keyring = createKeyring([one, two], 'one');
  const throttle = keyring.deriveFrom('one', 'throttle');
  assert.equal(throttle?.length, 32);
  assert.deepEqual(throttle, createKeyring([one], 'one').deriveFrom('one', 'throttle'));
  assert.notDeepEqual(throttle, keyring.deriveFrom('one', 'other'));
  assert.notDeepEqual(throttle, keyring.deriveFrom('two', 'throttle'));
  assert.equal(keyring.deriveFrom('three', 'throttle'), undefined);
  keyring.hold([], 'two');
  assert.deepEqual(keyring.deriveFrom('one', 'throttle'), throttle);
});

test('a keyring takes further keys and another active one while it is in use, and forgets none', () => {
  const keyring = createKeyring([one], 'one');
  const before = keyring.seal(place, plain);
  assert.deepEqual([keyring.activeKeyId(), keyring.isOutdated(before)], ['one', false]);
  assert.throws(() => keyring.hold([], 'two'), isUnsealable);
  assert.throws(() => keyring.hold([two], 'three'), isUnsealable);
  assert.deepEqual([keyring.activeKeyId(), keyring.keyIds()], ['one', ['one']], 'what is refused changes nothing');

  keyring.hold([two], 'one');
  assert.deepEqual(keyring.seal(place, plain).subarray(0, 5), sealHeader('one'), 'an added key does not seal yet');
  keyring.hold([], 'two');
  const after = keyring.seal(place, plain);
  assert.deepEqual(after.subarray(0, 5), sealHeader('two'));
  assert.deepEqual([keyring.activeKeyId(), keyring.keyIds()], ['two', ['one', 'two']]);
  assert.deepEqual([keyring.isOutdated(before), keyring.isOutdated(after)], [true, false]);
  for (const sealed of [before, after]) assert.deepEqual(keyring.open(place, sealed), plain);

  keyring.hold([{ id: 'one', secret: two.secret }], 'two');
  assert.deepEqual(keyring.open(place, before), plain, 'a key of the same id takes no place of one that is held');
});

test('a header is that of one key alone, though its id begins like another', () => {
  const long = createKeyring([{ id: 'onetwo', secret: one.secret }], 'onetwo').seal(place, plain);
  assert.equal(createKeyring([one], 'one').isOutdated(long), true);
  assert.equal(createKeyring([one], 'one').isOutdated(Buffer.alloc(0)), true);
});

test('a check value knows its key again, and tells nothing else', () => {
  assert.deepEqual(checkValue(one), checkValue({ ...one }));
  assert.notDeepEqual(checkValue(one), checkValue({ ...one, secret: two.secret }));
  assert.notDeepEqual(checkValue(one), checkValue({ ...one, id: 'two' }));
  assert.equal(checkValue(one).includes(one.secret), false);
});

test('a key file has a line a key; comments and empty lines are passed over', () => {
  const [line, other] = [newKeyLine(), newKeyLine()];
  assert.match(line, /^k[0-9a-f]{8} [A-Za-z0-9+/]{43}=\n$/);
  const keys = parseKeys(`# keys of this service\r\n\r\n${line}\n${other}`);
  assert.deepEqual(
    keys.map(({ id, secret }) => [id, secret.length]),
    [line, other].map((each) => [each.split(' ')[0], 32]),
  );
});

test('a key file that cannot be used says which line is wrong, and never the key', () => {
  const secret = Buffer.alloc(32, 7).toString('base64');
  const wrong: [string, RegExp][] = [
    ['', /holds no key/],
    ['# only a comment\n', /holds no key/],
    [`a ${secret}\na ${secret}\n`, /line 2 repeats the key id "a"/],
    [`a ${secret}\nb ${secret.slice(0, -1)}\n`, /line 2 is not a key/],
    [`a${secret}`, /line 1 is not a key/],
    [`a ${secret} more`, /line 1 is not a key/],
    [`${'x'.repeat(33)} ${secret}`, /line 1 is not a key/],
    [`a ${Buffer.alloc(16).toString('base64')}`, /line 1 is not a key/],
  ];
  for (const [text, message] of wrong) {
    assert.throws(
      () => parseKeys(text),
      (error) => error instanceof Error && message.test(error.message) && !error.message.includes(secret),
      text,
    );
  }
});
