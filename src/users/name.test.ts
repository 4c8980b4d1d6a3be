import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { array, constantFrom, assert as holds, oneof, property, string } from 'fast-check';
import { prepareName } from './name.ts';

/** What a name is stored as. Invisible and confusing characters are written as escapes. */
const stored: [rule: string, input: string, name: string][] = [
  ['lower case as it is', 'alice', 'alice'],
  ['an address', 'alice@example.com', 'alice@example.com'],
  ['the punctuation of ASCII', '!"#$%&\'()*+,-./;<=>?@[\\]^_`{|}~', '!"#$%&\'()*+,-./;<=>?@[\\]^_`{|}~'],
  ['one capital', 'Admin', 'admin'],
  ['capitals', 'ADMIN', 'admin'],
  ['a fullwidth letter', '\uFF41dmin', 'admin'],
  ['fullwidth capitals and digits', '\uFF21\uFF24\uFF2D\uFF29\uFF2E\uFF11', 'admin1'],
  ['halfwidth katakana with a voiced mark', '\uFF94\uFF8F\uFF80\uFF9E', 'ヤマダ'],
  ['a decomposed letter', 'e\u0301', '\u00E9'],
  ['a decomposed capital', 'E\u0301', '\u00E9'],
  ['marks in the other order', 'o\u0301\u0323', '\u1ECD\u0301'],
  ['sharp s, which is not ss', 'fu\u00DFball', 'fu\u00DFball'],
  ['capital sharp s', 'FU\u1E9EBALL', 'fu\u00DFball'],
  ['Greek', '\u03C0', 'π'],
  ['Greek capitals', 'ΝΊΚΟΣ', 'νίκοσ'],
  ['Greek with a final sigma', 'Νίκος', 'νίκοσ'],
  ['Turkish with a dotless i', '\u0131\u015F\u0131k', 'i\u015Fik'],
  ['Turkish capitals', 'I\u015EIK', 'i\u015Fik'],
  ['a dotted capital I', '\u0130brahim', 'ibrahim'],
  ['an i with a second dot', 'i\u0307brahim', 'ibrahim'],
  ['Icelandic', 'Þór', 'þór'],
  ['Polish', 'Łukasz', 'łukasz'],
  ['Romanian', 'Ștefan', 'ștefan'],
  ['Vietnamese', 'Đặng.Văn', 'đặng.văn'],
  ['Yoruba, with a mark that no letter holds', 'Ọlọ́run', 'ọlọ́run'],
  ['Hausa', 'Ɗanjuma', 'ɗanjuma'],
  ['Azerbaijani', 'Əli', 'əli'],
  ['Cyrillic', 'Иван', 'иван'],
  ['Ukrainian', 'Їжак', 'їжак'],
  ['Armenian', 'Անահիտ', 'անահիտ'],
  ['Georgian', 'გიორგი', 'გიორგი'],
  ['Hebrew', 'משה1', 'משה1'],
  ['Arabic', 'محمد.علي', 'محمد.علي'],
  ['Dhivehi, which ends in a mark', 'އަލީ', 'އަލީ'],
  ['Hindi', 'सीता', 'सीता'],
  ['Tamil, which ends in a mark', 'அருள்', 'அருள்'],
  ['Thai', 'สมชาย', 'สมชาย'],
  ['Japanese with Latin', '山田たろうローマtaro', '山田たろうローマtaro'],
  ['Korean with Latin', '김kim', '김kim'],
  ['Chinese with Latin', '李明li', '李明li'],
];

const refused: [rule: string, input: string][] = [
  ['nothing', ''],
  ['a space inside', 'foo bar'],
  ['a space at the end', 'admin '],
  ['a space in front', ' admin'],
  ['a no-break space', 'a\u00A0b'],
  ['an ideographic space', 'a\u3000b'],
  ['a colon (RFC 7617)', 'a:b'],
  ['a fullwidth colon', 'a\uFF1Ab'],
  ['NUL', 'admin\0'],
  ['a line break', 'a\nb'],
  ['CR LF', 'a\r\nb'],
  ['DEL', 'a\x7F'],
  ['a C1 control', 'a\x85'],
  ['a lone surrogate', 'a\uD800'],
  ['a noncharacter', 'a\uFFFF'],
  ['an unassigned code point', 'a\u0378'],
  ['a private one', 'a\uE000'],
  ['a zero-width space', 'ad\u200Bmin'],
  ['a zero-width non-joiner', 'ad\u200Cmin'],
  ['a zero-width joiner', 'ad\u200Dmin'],
  ['a byte order mark', '\uFEFFadmin'],
  ['a right-to-left override', '\u202Eadmin'],
  ['a soft hyphen', 'ad\u00ADmin'],
  ['a variation selector', 'admin\uFE0F'],
  ['a vowel that is not shown', 'ក\u17B4'],
  ['a combining grapheme joiner', 'a\u034Fb'],
  ['a ligature, which has a compatibility form', '\uFB01n'],
  ['a Roman numeral', 'henry\u2163'],
  ['a titlecase letter', '\u01C5'],
  ['a titlecase letter without a compatibility form', '\u1F88\u03C0'],
  ['a Kelvin sign', '\u212Aelvin'],
  ['a symbol', '\u221E'],
  ['an emoji', '😀'],
  ['a symbol that only composing makes', 'a=\u0338'],
  ['a middle dot (ContextO)', 'l\u00B7l'],
  ['a katakana middle dot (ContextO)', 'ア\u30FBア'],
  ['Arabic digits (ContextO)', 'محمد\u0661'],
  ['Bengali digits', 'রহিম\u09EA'],
  ['a tatweel (exception)', 'مح\u0640مد'],
  ['Hangul jamo', '\u1100\u1161'],
  ['halfwidth Hangul jamo', '\uFFA1\uFFC2'],
  ['a Cyrillic а in a Latin word', '\u0430dmin'],
  ['a Greek ο in a Latin word', 'b\u03BFb'],
  ['an Armenian letter in a Latin word', 'b\u0585b'],
  ['Latin beside Cyrillic', 'иванivan'],
  ['Latin beside Hebrew', 'משהa'],
  ['Cyrillic beside Japanese', '山田иван'],
  ['Japanese beside Korean', '김たろう'],
  ['an accented Cyrillic word that reads as Latin', '\u0441\u0430\u0440\u0430'],
  ['a Cyrillic word with a mark that reads as Latin', '\u0430\u0441\u0451.1'],
  ['a Greek word that reads as Latin', '\u03BD\u03B9\u03B1'],
  ['an Armenian word that reads as Latin', '\u0570\u0585\u057D'],
  ['a script that no one writes today', '\u{10410}'],
  ['a phonetic letter', '\u0251dmin'],
  ['a click letter', 'a\u01C0ice'],
  ['a modifier letter that looks like an apostrophe', 'o\u02BCneil'],
  ['a tone mark that looks like an accent', 'ㄅ\u02CA'],
  ['an ideograph that looks like a bar', 'a\u4E28ice'],
  ['an ideographic zero', 'b\u3007b'],
  ['a mark that strikes through', 'a\u0338dmin'],
  ['a mark of another writing', 'a\u0305'],
  ['a mark in front', '\u0301a'],
  ['a mark on punctuation', 'a.\u0301b'],
  ['a mark twice', 'a\u0331\u0331'],
  ['five marks', 'x\u0323\u0331\u0300\u0301\u0302'],
  ['a second dot on a j', 'j\u0307'],
  ['a second dot on an i with a mark below', 'i\u0331\u0307'],
  ['a second dot on a Ukrainian i', 'ж\u0456\u0307'],
  ['a right-to-left name that begins with a digit', '1משה'],
  ['a right-to-left name that begins with punctuation', '@משה'],
  ['a right-to-left name that ends with punctuation', 'משה.'],
];

describe('a name', () => {
  for (const [rule, input, name] of stored) {
    it(`is stored in one form: ${rule}`, () => assert.equal(prepareName(input), name));
  }

  for (const [rule, input] of refused) {
    it(`is refused: ${rule}`, () => assert.equal(prepareName(input), undefined));
  }

  it('has 1 to 64 code points, counted when it is prepared', () => {
    assert.equal(prepareName('a'.repeat(64)), 'a'.repeat(64));
    assert.equal(prepareName('a'.repeat(65)), undefined);
    assert.equal(prepareName('e\u0301'.repeat(64)), '\u00E9'.repeat(64));
    // The letters that take the most room: four code points each, and two units for each code point.
    assert.equal(prepareName(`π${'\u03B1\u0313\u0300\u0345'.repeat(63)}`), `π${'\u1F82'.repeat(63)}`);
    assert.equal(prepareName('\u{20000}'.repeat(64)), '\u{20000}'.repeat(64));
    assert.equal(prepareName('\u{20000}'.repeat(65)), undefined);
  });

  it('is refused unread when it is far too long', (t) => {
    const long = 'e\u0301'.repeat(500_000);
    const normalize = t.mock.method(String.prototype, 'normalize');
    assert.equal(prepareName(long), undefined);
    assert.equal(normalize.mock.callCount(), 0);
  });

  it('is well behaved, whatever is typed', () => {
    const telling = [
      ...'aAiI\u0130\u0131sSσςΣßжכ1.@ :\u0301\u0307\u0323\u0338\u200D\uFE0F\uFF21\uFF76\uFF9E가\u1100\uD800\uDC00',
    ];
    const typed = oneof(
      string({ unit: 'binary' }),
      string({ unit: 'grapheme' }),
      array(constantFrom(...telling)).map((c) => c.join('')),
    );
    return holds(
      property(typed, (input) => {
        const name = prepareName(input);
        if (name === undefined) return;
        assert.equal(prepareName(name), name);
        assert.ok([...name].length >= 1 && [...name].length <= 64);
        assert.ok(name.isWellFormed());
        assert.equal(name.normalize('NFC'), name);
        assert.doesNotMatch(name, /[\p{C}\p{Z}:\p{Lu}\p{Lt}\p{Default_Ignorable_Code_Point}]/u);
      }),
      { numRuns: 2000, seed: 8265 },
    );
  });

  it('never mixes Latin with Cyrillic or Greek', () => {
    return holds(
      property(string({ unit: constantFrom(...'abcxyzабвхуαβονρ019.-_') }), (input) => {
        const name = prepareName(input);
        if (name === undefined) return;
        const scripts = [/\p{sc=Latin}/u, /\p{sc=Cyrillic}/u, /\p{sc=Greek}/u].filter((script) => script.test(name));
        assert.ok(scripts.length <= 1);
      }),
      { numRuns: 2000, seed: 39 },
    );
  });
});
