import assert from 'node:assert/strict';
import crypto, { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { describe, it } from 'node:test';
import { constantFrom, assert as holds, integer, maxSafeNat, property, record, uint8Array } from 'fast-check';
import { HOTP, Secret, TOTP } from 'otpauth';
import { decodeBase32, encodeBase32 } from '../base32.ts';
import { minute, second } from '../clock.ts';
import { codeAt, codeDigits, hotp, matchingStep, normalizeCode, period, secretBytes, stepAt } from './code.ts';

type Hash = 'sha1' | 'sha256' | 'sha512';
type Rfc4226 = {
  secret: string;
  rows: { count: number; hmac: string; truncated: string; decimal: number; hotp: string }[];
};
type Rfc6238 = {
  digits: 8;
  seeds: Record<Hash, { ascii: string; hex: string; base32: string }>;
  rows: ({ time: number; utc: string; step: string } & Record<Hash, string>)[];
};

const vectors = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../../test/vectors/${name}`, import.meta.url), 'utf8'));
const rfc4226 = vectors<Rfc4226>('rfc4226.json');
const rfc6238 = vectors<Rfc6238>('rfc6238.json');
const hashes: Hash[] = ['sha1', 'sha256', 'sha512'];

const secret = new Uint8Array(Buffer.from(rfc4226.secret));
const noon = Date.parse('2026-01-01T12:00:00Z');
const now = noon + 10 * second;
const T = stepAt(now);

/** What `input` is at `now`, on an authenticator that has spent nothing unless told. */
const judge = (input: string, { after = -1, window = 1 as 0 | 1, at = now } = {}) =>
  matchingStep(secret, input, { now: at, window, after });

/** The oracle (it takes whole ArrayBuffers). */
const oracleSecret = (key: Uint8Array) => new Secret({ buffer: new Uint8Array(key).buffer });
const app = (key: Uint8Array) => new TOTP({ secret: oracleSecret(key) });

const anySecret = uint8Array({ minLength: 16, maxLength: 64 });
const anyTime = integer({ min: 3 * period, max: 8.64e15 });

describe('HOTP, RFC 4226', () => {
  for (const row of rfc4226.rows) {
    it(`gives ${row.hotp} for count ${row.count}, as Appendix D has it`, () => {
      const message = new Uint8Array(8);
      message[7] = row.count;
      assert.equal(createHmac('sha1', secret).update(message).digest('hex'), row.hmac);
      assert.equal(Number.parseInt(row.truncated, 16), row.decimal);
      assert.equal(hotp(secret, row.count), row.hotp);
      // More of the truncated value than six digits show.
      assert.equal(hotp(secret, row.count, 7), String(row.decimal).slice(-7));
      assert.equal(hotp(secret, row.count, 8), String(row.decimal).slice(-8));
    });
  }

  it('counts in 64 bits', () => {
    // Made with oathtool and with Python's hmac over struct.pack('>Q', count): no row of the RFCs goes past 32 bits.
    assert.equal(hotp(secret, 2 ** 32 - 1, 8), '57117190');
    assert.equal(hotp(secret, 2 ** 32, 8), '55999456');
    assert.equal(hotp(secret, 2 ** 32 + 1, 8), '39108930');
    assert.equal(hotp(secret, Number.MAX_SAFE_INTEGER, 8), '41891307');
  });

  it('throws for a counter that is negative or no integer, instead of a code', () => {
    for (const counter of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])
      assert.throws(() => hotp(secret, counter), RangeError, `${counter}`);
  });

  it('agrees with an independent implementation on any secret, counter, length and hash', () => {
    const kind = record({ digits: constantFrom(6, 7, 8), algorithm: constantFrom(...hashes) });
    return holds(
      property(anySecret, maxSafeNat(), kind, (key, counter, { digits, algorithm }) => {
        const oracle = new HOTP({ secret: oracleSecret(key), counter, digits, algorithm });
        assert.equal(hotp(key, counter, digits, algorithm), oracle.generate());
      }),
      { seed: 4226 },
    );
  });
});

describe('TOTP, RFC 6238', () => {
  it('has all 18 rows of Appendix B, and HOTP all 10 of its Appendix D', () =>
    assert.deepEqual([rfc6238.rows.length * hashes.length, rfc4226.rows.length], [18, 10]));

  for (const algorithm of hashes) {
    const seed = rfc6238.seeds[algorithm];
    it(`reads the ${algorithm} seed of Appendix A from each of its forms`, () => {
      assert.equal(Buffer.from(seed.ascii).toString('hex'), seed.hex);
      assert.equal(encodeBase32(Buffer.from(seed.hex, 'hex')), seed.base32);
      assert.deepEqual(decodeBase32(seed.base32), new Uint8Array(Buffer.from(seed.ascii)));
    });

    for (const row of rfc6238.rows) {
      it(`gives ${row[algorithm]} at ${row.utc} with ${algorithm}, as Appendix B has it`, () => {
        const at = row.time * second;
        assert.equal(Date.parse(row.utc), at);
        assert.equal(stepAt(at), Number.parseInt(row.step, 16));
        assert.equal(hotp(Buffer.from(seed.ascii), stepAt(at), rfc6238.digits, algorithm), row[algorithm]);
      });
    }
  }

  it('shows the last six digits of the SHA-1 rows, leading zeros and all', () => {
    for (const row of rfc6238.rows) assert.equal(codeAt(secret, row.time * second), row.sha1.slice(-6));
    assert.equal(codeAt(secret, 1_111_111_109 * second), '081804');
  });

  it('has steps of 30 seconds from 1970 on, six digits and secrets of 160 bits', () => {
    assert.deepEqual([0, 29_999, 30_000, 59_999, 60_000].map(stepAt), [0, 0, 1, 1, 2]);
    assert.deepEqual([period, codeDigits, secretBytes * 8], [30 * second, 6, 160]);
  });

  it('agrees with an independent implementation on any secret and time', () => {
    return holds(
      property(anySecret, anyTime, (key, at) => assert.equal(codeAt(key, at), app(key).generate({ timestamp: at }))),
      { seed: 6238 },
    );
  });
});

describe('the step of a typed code', () => {
  it('is T-1, T or T+1, from the first moment of T to the last, and none further away', () => {
    for (const at of [noon, now, noon + period - 1]) {
      for (const step of [T - 1, T, T + 1]) assert.deepEqual(judge(hotp(secret, step), { at }), { step });
      for (const step of [T - 3, T - 2, T + 2, T + 3]) assert.equal(judge(hotp(secret, step), { at }), 'wrong');
    }
  });

  it('is T alone where no drift is allowed', () => {
    assert.deepEqual(judge(hotp(secret, T), { window: 0 }), { step: T });
    for (const step of [T - 1, T + 1]) assert.equal(judge(hotp(secret, step), { window: 0 }), 'wrong');
  });

  it('is spent up to the last spent one, and right after it', () => {
    for (const after of [T - 2, T - 1, T, T + 1, T + 2])
      for (const step of [T - 1, T, T + 1]) {
        const expected = step > after ? { step } : 'spent';
        assert.deepEqual(judge(hotp(secret, step), { after }), expected, `${step - T} ${after - T}`);
      }
  });

  it('is wrong, not spent, for a code of no step around, whatever was spent', () => {
    for (const after of [-1, T, T + 100]) assert.equal(judge(hotp(secret, T - 2), { after }), 'wrong');
  });

  it('is spent again after the clock was set back', () => {
    assert.equal(judge(hotp(secret, T), { after: T, at: now - 30 * second }), 'spent');
    assert.equal(judge(hotp(secret, T - 20), { after: T, at: now - 10 * minute }), 'spent');
  });

  it('is the lower of two that happen to have one code, then the higher, then spent', () => {
    // Found by search with this secret: neighbours with one code, and two with another step between them.
    const collisions: [low: number, high: number, code: string][] = [
      [59_061_240, 59_061_241, '963181'],
      [61_331_809, 61_331_811, '768734'],
    ];
    for (const [low, high, code] of collisions) {
      const at = (low + 1) * period;
      assert.deepEqual([hotp(secret, low), hotp(secret, high)], [code, code]);
      assert.deepEqual(judge(code, { at }), { step: low });
      assert.deepEqual(judge(code, { at, after: low }), { step: high });
      assert.deepEqual(judge(code, { at, after: high - 1 }), { step: high });
      assert.equal(judge(code, { at, after: high }), 'spent');
    }
  });

  it('is never before 1970', () => {
    assert.deepEqual(judge(hotp(secret, 0), { at: 0 }), { step: 0 });
    assert.deepEqual(judge(hotp(secret, 1), { at: 0 }), { step: 1 });
    assert.equal(judge('000000', { at: 0 }), 'wrong');
    assert.equal(judge(hotp(secret, 0), { at: -10 * minute }), 'wrong');
  });

  it('is found as people type it, and none for what is no code', () => {
    const code = hotp(secret, T);
    const [half, rest] = [code.slice(0, 3), code.slice(3)];
    for (const input of [`${half} ${rest}`, ` ${code}\n`, inFullWidth(code)])
      assert.deepEqual(judge(input), { step: T });
    for (const input of ['', half, `0${code}`, `${code}0`, `${half}-${rest}`])
      assert.equal(judge(input), 'wrong', input);
  });

  it('agrees with an independent implementation on any secret, time and drift', () => {
    const drift = record({ steps: integer({ min: -3, max: 3 }), window: constantFrom<0 | 1>(0, 1) });
    return holds(
      property(anySecret, anyTime, drift, (key, at, { steps, window }) => {
        const code = app(key).generate({ timestamp: at + steps * period });
        const delta = app(key).validate({ token: code, timestamp: at, window });
        const expected = delta === null ? 'wrong' : { step: stepAt(at) + delta };
        assert.deepEqual(matchingStep(key, code, { now: at, window, after: -1 }), expected);
      }),
      { seed: 6238 },
    );
  });

  it('costs the same three comparisons in constant time whichever step matches, if any, and whatever is spent', (t) => {
    const compare = t.mock.method(crypto, 'timingSafeEqual');
    syncBuiltinESMExports();
    t.after(() => {
      compare.mock.restore();
      syncBuiltinESMExports();
    });
    for (const after of [-1, T - 1, T, T + 1])
      for (const step of [T - 2, T - 1, T, T + 1]) {
        compare.mock.resetCalls();
        judge(hotp(secret, step), { after });
        assert.equal(compare.mock.callCount(), 3, `${step - T} ${after - T}`);
      }
  });

  it('is never judged against a secret that could be guessed', () => {
    const judgeWith = (key: Uint8Array) => matchingStep(key, hotp(key, T), { now, window: 1, after: -1 });
    for (const length of [0, 1, 15]) assert.throws(() => judgeWith(new Uint8Array(length)), RangeError);
    assert.deepEqual(judgeWith(new Uint8Array(16)), { step: T });
  });
});

describe('a code as typed', () => {
  it('may have white space in it and around it, and each of the full-width digits', () => {
    for (const code of ['012345', '678901']) assert.equal(normalizeCode(inFullWidth(code)), code);
    const same = ['012345', '012 345', ' 01 23 45 ', '0 1 2 3 4 5', '\t012345\r\n', '０１２　３４５', '01２3４5'];
    for (const input of same) assert.equal(normalizeCode(input), '012345', JSON.stringify(input));
  });

  it('may have any white space that Unicode has', () => {
    const ascii = '\u0009\u000a\u000b\u000c\u000d\u0020';
    const others = '\u0085\u00a0\u1680\u2000\u2007\u2009\u200a\u2028\u2029\u202f\u205f\u3000';
    for (const space of ascii + others)
      assert.equal(normalizeCode(`${space}012${space}${space}345${space}`), '012345', JSON.stringify(space));
  });

  it('is none where anything but six digits remains', () => {
    const length = ['', ' ', '12345', '1234567', '１２３４５', '１２３４５６７', '0012345'];
    const other = ['12345a', '-12345', '12345.', '1_2345', '123-456', '0x1234', '1e5000', '12345\u0000', '\u200b12345'];
    for (const input of [...length, ...other]) assert.equal(normalizeCode(input), undefined, JSON.stringify(input));
  });

  it('is none in other digits, nor in the characters next to the full-width ones', () => {
    for (const input of ['١٢٣٤٥٦', '१२३४५६', '¹²³⁴⁵⁶', '①②③④⑤⑥', '𝟏𝟐𝟑𝟒𝟓𝟔', '／１２３４５', '：１２３４５'])
      assert.equal(normalizeCode(input), undefined, input);
  });
});

function inFullWidth(code: string): string {
  return code.replace(/./g, (digit) => String.fromCharCode(0xff10 + Number(digit)));
}
