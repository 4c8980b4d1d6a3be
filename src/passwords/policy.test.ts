import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { constantFrom, assert as holds, property, string } from 'fast-check';
import { loadBlocklist } from './blocklist.ts';
import { judgeNewPassword, shortPassword } from './policy.ts';
import { preparePassword } from './prepare.ts';

const common = await loadBlocklist();
const facts = { minimum: 15, name: 'alice', service: 'Example app', common } as const;
const withSecondFactor = { ...facts, minimum: 8 } as const;

const reasonFor = (password: string, given: Parameters<typeof judgeNewPassword>[1] = facts) =>
  judgeNewPassword(password, given)?.reason;

describe('a new password is long enough', () => {
  it('with 15 characters where it is the only factor (NIST SP 800-63B-4, 3.1.1.2)', () => {
    assert.equal(reasonFor('xkrqzvbnwmtyup'), 'too_short');
    assert.equal(reasonFor('xkrqzvbnwmtyupo'), undefined);
  });

  it('with 8 where a second factor is required', () => {
    assert.equal(reasonFor('xkrqzvb', withSecondFactor), 'too_short');
    assert.equal(reasonFor('xkrqzvbn', withSecondFactor), undefined);
  });

  it('counted in code points: 15 emoji will do, 14 of 28 units and 56 bytes will not', () => {
    assert.equal(reasonFor('🐴'.repeat(14)), 'too_short');
    assert.equal(reasonFor('🐴'.repeat(15)), undefined);
  });

  it('counted after NFC, so that a keyboard that writes é as two characters gains nothing', () => {
    assert.equal(reasonFor('e\u0301'.repeat(14)), 'too_short');
    assert.equal(reasonFor('e\u0301'.repeat(15)), undefined);
  });

  it('and at most 256, which is judged before anything else', (t) => {
    assert.equal(reasonFor('xkrqzvbn'.repeat(32)), undefined);
    assert.equal(reasonFor(`${'xkrqzvbn'.repeat(32)}y`), 'too_long');
    const long = 'e\u0301'.repeat(500_000);
    const normalize = t.mock.method(String.prototype, 'normalize');
    assert.equal(reasonFor(long), 'too_long');
    assert.equal(normalize.mock.callCount(), 0);
  });

  it('with the number in the sentence', () => {
    assert.match(judgeNewPassword('short', facts)?.sentence ?? '', /at least 15 characters/);
    assert.match(judgeNewPassword('short', withSecondFactor)?.sentence ?? '', /at least 8 characters/);
    assert.match(judgeNewPassword('x'.repeat(257), facts)?.sentence ?? '', /at most 256 characters/);
  });

  it('nothing at all is too short', () => assert.equal(reasonFor(''), 'too_short'));
});

describe('a new password may be of anything (ASVS 5.0, 6.2.5)', () => {
  for (const [rule, password] of [
    ['lower-case letters', 'qnvwzkrjtxbmhydcplsg'],
    ['digits', '48291029384756102938'],
    ['spaces and emoji', '🐴 🔋 📎 🐴 🔋 📎 🐴 🔋'],
    ['several words, one of them common', 'a password inside a longer phrase'],
    ['the name within more', 'alice keeps two grey cats'],
    ['128 characters', 'vq'.repeat(64)],
    ['fullwidth letters', 'ＱＮＶＷＺＫＲＪＴＸＢＭＨＹＤ'],
    ['emoji beside the name', 'alice🐴🔋📎🐴🔋📎🐴🔋📎🐴'],
  ] as const) {
    it(`such as ${rule}`, () => assert.equal(reasonFor(password), undefined));
  }
});

describe('a new password has no control characters', () => {
  for (const [rule, character] of [
    ['NUL', '\0'],
    ['a tab', '\t'],
    ['a line feed', '\n'],
    ['a carriage return', '\r'],
    ['DEL', '\x7F'],
    ['a C1 control', '\x85'],
    ['a line separator', '\u2028'],
    ['a paragraph separator', '\u2029'],
    ['a lone high surrogate', '\uD800'],
    ['a lone low surrogate', '\uDC00'],
  ] as const) {
    it(`such as ${rule}`, () => assert.equal(reasonFor(`my cat is a ${character}by`), 'control_characters'));
  }
});

describe('a new password is not a common one (ASVS 5.0, 6.2.4 and 6.2.12)', () => {
  it('none of the whole list, in any case', () => {
    const list = readFileSync(new URL('common-passwords.txt', import.meta.url), 'utf8')
      .split('\n')
      .slice(0, -1);
    assert.ok(list.length > 3000);
    for (const password of list) {
      assert.equal(reasonFor(password, withSecondFactor), 'common');
      assert.equal(reasonFor(password.toUpperCase(), withSecondFactor), 'common');
      assert.notEqual(reasonFor(password), undefined);
    }
  });

  it('as a whole: a listed word within a longer one is fine (NIST SP 800-63B-4, 3.1.1.2)', () => {
    assert.equal(reasonFor('PassWord', withSecondFactor), 'common');
    assert.equal(reasonFor('password of a heron', withSecondFactor), undefined);
    assert.equal(reasonFor('passwordpassword'), 'common');
  });

  it('in either canonical form', () => {
    const cafes = { ...facts, common: new Set(['caf\u00E9 au lait noir']) };
    assert.equal(reasonFor('Cafe\u0301 au Lait Noir', cafes), 'common');
  });
});

describe('a new password is more than the names that everybody knows (ASVS 5.0, 6.2.11)', () => {
  for (const [rule, password, given] of [
    ['the name three times', 'alicealicealice', facts],
    ['the name in another case, with digits', 'AliceALICE2026!', facts],
    ['this program and a year', 'Countersign2026!', facts],
    ['the service and a year', 'example app 2026', facts],
    ['the service in one word', 'ExampleApp-12345', facts],
    ['a part of the service', 'example/example/1', facts],
    ['the host of the service and digits', 'login.corp.net12345', { ...facts, service: 'https://login.corp.net' }],
    ['parts of an address', 'alicecorp2026#alice', { ...facts, name: 'alice@corp.example' }],
    ['a name without its punctuation', 'jdoe-jdoe-jdoe-1', { ...facts, name: 'j.doe' }],
    ['a name of symbols of regular expressions', 'a.(b*a.(b*a.(b*!!', { ...facts, name: 'a.(b*' }],
    ['all of them', 'alice@example.app: countersign', facts],
    ['the short name where 8 will do', 'alice-26', withSecondFactor],
    ['a Greek name in its own spelling', 'ΝίκοςΝίκος2026!', { ...facts, name: 'νίκοσ' }],
    [
      'a Turkish name in its own spelling',
      '\u0131\u015F\u0131k\u0131\u015F\u0131k2026000',
      { ...facts, name: 'i\u015Fik' },
    ],
    ['a name of digits, twice', '20481234-20481234', { ...facts, name: '20481234' }],
  ] as const) {
    it(`not ${rule}`, () => assert.equal(reasonFor(password, given), 'contains_only_context'));
  }

  for (const [rule, password, given] of [
    ['random digits, though the name is of digits', '48271029384756102938', { ...facts, name: '7' }],
    ['random punctuation, though the name is of it', '.,;-.,;-.,;-.,;-', { ...facts, name: '.' }],
    ['a short part of the name', 'jjjjjjjjjjjjjjjjj', { ...facts, name: 'j.doe' }],
    ['the name and a word', 'alicelovesherons', facts],
    ['anything, where the service has no name', '48271029384756102938', { ...facts, service: '' }],
  ] as const) {
    it(`but it may be ${rule}`, () => assert.equal(reasonFor(password, given), undefined));
  }
});

describe('a refused password', () => {
  it('comes with one sentence that says what to do', () => {
    for (const password of ['short', 'x'.repeat(257), 'passwordpassword', 'alicealicealice', 'my cat is a \tby']) {
      assert.match(judgeNewPassword(password, facts)?.sentence ?? '', /^(Use|Choose|Add|Leave) [^.]+\.$/);
    }
  });

  it('is every one that cannot be prepared, whatever is typed', () => {
    return holds(
      property(string({ unit: 'binary', maxLength: 300 }), constantFrom(facts, withSecondFactor), (typed, given) => {
        const refusal = judgeNewPassword(typed, given);
        assert.ok(refusal !== undefined || preparePassword(typed) !== undefined);
        assert.deepEqual(judgeNewPassword(typed.normalize('NFD'), given), refusal);
      }),
      { seed: 800 },
    );
  });
});

describe('a short password', () => {
  it('is one that could not be the only factor', () => {
    assert.equal(shortPassword('x'.repeat(14)), true);
    assert.equal(shortPassword('x'.repeat(15)), false);
    assert.equal(shortPassword('🐴'.repeat(14)), true);
    assert.equal(shortPassword('e\u0301'.repeat(14)), true);
  });
});
