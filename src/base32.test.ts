import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { constantFrom, assert as holds, property, string, uint8Array } from 'fast-check';
import { decodeBase32, encodeBase32 } from './base32.ts';

/** RFC 4648, section 10, without the padding. */
const vectors: [text: string, base32: string][] = [
  ['', ''],
  ['f', 'MY'],
  ['fo', 'MZXQ'],
  ['foo', 'MZXW6'],
  ['foob', 'MZXW6YQ'],
  ['fooba', 'MZXW6YTB'],
  ['foobar', 'MZXW6YTBOI'],
];

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text));

describe('base32', () => {
  for (const [text, base32] of vectors) {
    it(`writes "${text}" as "${base32}" and reads it back, in either case`, () => {
      assert.equal(encodeBase32(bytesOf(text)), base32);
      assert.deepEqual(decodeBase32(base32), bytesOf(text));
      assert.deepEqual(decodeBase32(base32.toLowerCase()), bytesOf(text));
    });
  }

  it('writes a secret of 20 bytes as 32 characters of the alphabet, the largest and the smallest too', () => {
    assert.equal(encodeBase32(new Uint8Array(20)), 'A'.repeat(32));
    assert.equal(encodeBase32(new Uint8Array(20).fill(0xff)), '7'.repeat(32));
  });

  it('knows each of the 32 characters', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
    // The values 0 to 31 in five bits each, made of the definition and not of the code under test.
    const bits = [...alphabet].map((_, value) => value.toString(2).padStart(5, '0')).join('');
    const bytes = new Uint8Array((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
    assert.equal(encodeBase32(bytes), alphabet);
    assert.deepEqual(decodeBase32(alphabet), bytes);
  });

  it('reads back what it wrote, whatever the bytes', () => {
    return holds(
      property(uint8Array({ maxLength: 80 }), (bytes) => {
        const text = encodeBase32(bytes);
        assert.match(text, /^[A-Z2-7]*$/);
        assert.equal(text.length, Math.ceil((bytes.length * 8) / 5));
        assert.deepEqual(decodeBase32(text), bytes);
      }),
      { seed: 4648 },
    );
  });

  it('reads only the one spelling of a value, whatever the text', () => {
    const nearlyBase32 = string({ unit: constantFrom(...'ABCDXYZ234567abcdxyz', 'ſ', '=', ' ', '0'), maxLength: 10 });
    return holds(
      property(nearlyBase32, (text) => {
        const bytes = decodeBase32(text);
        if (bytes !== undefined) assert.equal(encodeBase32(bytes), text.toUpperCase());
      }),
      { seed: 4648 },
    );
  });

  it('refuses the lengths that no bytes give', () => {
    for (const length of [1, 3, 6, 9, 11, 14]) assert.equal(decodeBase32('A'.repeat(length)), undefined, `${length}`);
    for (const length of [0, 2, 4, 5, 7, 8, 10])
      assert.notEqual(decodeBase32('A'.repeat(length)), undefined, `${length}`);
  });

  it('refuses bits left over that are not zero, because two texts would be one value', () => {
    assert.deepEqual(decodeBase32('MY'), bytesOf('f'));
    for (const text of ['MZ', 'M7', 'MZXR', 'MZXW7', 'MZXW6YR']) assert.equal(decodeBase32(text), undefined, text);
  });

  it('refuses padding, spaces, hyphens, digits outside of the alphabet and letters that only look like it', () => {
    // 'ı' and 'ſ' become ASCII in upper case, the Kelvin sign in lower case.
    for (const text of [
      'MY======',
      'M Y',
      'M-Y',
      ' MY',
      'MY\n',
      'M0',
      'M1',
      'M8',
      'M9',
      'ıA',
      'ſA',
      '\u212aA',
      'ＭＹ',
      'M\u0000',
    ])
      assert.equal(decodeBase32(text), undefined, JSON.stringify(text));
  });
});
