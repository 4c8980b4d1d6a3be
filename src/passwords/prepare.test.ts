import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assert as holds, property, string } from 'fast-check';
import { blocklistForm, codePoints, preparePassword } from './prepare.ts';

describe('a password, as it is hashed', () => {
  it('is one whether é was typed as one character or as two', () => {
    assert.equal(preparePassword('caf\u00E9'), 'caf\u00E9');
    assert.equal(preparePassword('cafe\u0301'), 'caf\u00E9');
  });

  // NFKC would make one of each pair, and a space of each space.
  for (const [rule, password] of [
    ['fullwidth letters', '\uFF21\uFF22'],
    ['ligatures', '\uFB01n'],
    ['no-break spaces', 'a\u00A0b'],
    ['surrounding spaces', '  a  '],
    ['capitals', 'PaSs'],
    ['control characters, which an old one may have', 'a\tb\0'],
    ['emoji of several code points', '👩‍👩‍👧❤️'],
  ] as const) {
    it(`keeps ${rule}`, () => assert.equal(preparePassword(password), password));
  }

  it('has 1 to 256 code points, counted after NFC', () => {
    assert.equal(preparePassword(''), undefined);
    assert.equal(preparePassword('😀'.repeat(256)), '😀'.repeat(256));
    assert.equal(preparePassword('😀'.repeat(257)), undefined);
    assert.equal(preparePassword('e\u0301'.repeat(256)), '\u00E9'.repeat(256));
    // The letter that takes the most room is four code points, decomposed.
    assert.equal(preparePassword('\u03B1\u0313\u0300\u0345'.repeat(256)), '\u1F82'.repeat(256));
    // One that NFC takes apart.
    assert.equal(preparePassword('\u0958'.repeat(129)), undefined);
  });

  it('is refused with a lone surrogate, which no UTF-8 can hold', () => {
    assert.equal(preparePassword('abc\uD800'), undefined);
    assert.equal(preparePassword('\uDC00\uD83D'), undefined);
  });

  it('is refused unread when it is far too long', (t) => {
    const long = 'e\u0301'.repeat(500_000);
    const normalize = t.mock.method(String.prototype, 'normalize');
    assert.equal(preparePassword(long), undefined);
    assert.equal(normalize.mock.callCount(), 0);
  });

  it('is the same prepared again, and the same for every canonical form, whatever is typed', () => {
    return holds(
      property(string({ unit: 'binary', maxLength: 300 }), (typed) => {
        const password = preparePassword(typed);
        assert.equal(preparePassword(typed.normalize('NFD')), password);
        if (password === undefined) return;
        assert.equal(preparePassword(password), password);
        assert.equal(password, typed.normalize('NFC'));
        assert.ok(Buffer.from(password).toString() === password);
      }),
      { seed: 8265 },
    );
  });
});

describe('codePoints', () => {
  it('counts what a person counts as characters, more nearly than UTF-16 units or bytes', () => {
    assert.equal(codePoints(''), 0);
    assert.equal(codePoints('abc'), 3);
    assert.equal(codePoints('😀😀'), 2);
    assert.equal(codePoints('e\u0301'), 2);
    assert.equal(codePoints('\uD800a'), 2);
  });
});

describe('the form in which the blocklist is compared', () => {
  it('knows neither case nor canonical form, and keeps everything else', () => {
    assert.equal(blocklistForm('PassWord'), 'password');
    assert.equal(blocklistForm('CAFE\u0301'), 'caf\u00E9');
    assert.equal(blocklistForm(' pass word '), ' pass word ');
  });
});
