import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { constantFrom, assert as holds, integer, property, record, string } from 'fast-check';
import { clockTolerance } from '../clock.ts';
import { type Ceremony, challengeLife, makeChallenge, readChallenge } from './challenge.ts';

const secret = randomBytes(32);
const noon = Date.UTC(2026, 10, 22, 12);
const ceremony: Ceremony = { purpose: 'sign-in', boundTo: 'csc_of-this-browser' };
const made = (): string => makeChallenge(secret, ceremony, noon);

const anyTime = integer({ min: 2 * challengeLife, max: 8.64e15 - 2 * challengeLife });
const anyCeremony = record({
  purpose: constantFrom('registration', 'sign-in', 'second factor', 'reauthentication'),
  boundTo: string({ unit: 'binary' }),
});

describe('a challenge', () => {
  it('is 72 bytes in base64url, and no two are the same', () => {
    const all = Array.from({ length: 100 }, made);
    assert.equal(new Set(all.map((text) => text.slice(0, 43))).size, 100);
    for (const text of all) assert.match(text, /^[\w-]{96}$/);
  });

  it('is read for what it was made for, as long as it lives, and no longer', () =>
    holds(
      property(anyCeremony, anyTime, integer({ min: 0, max: challengeLife - 1 }), (asked, now, later) => {
        const text = makeChallenge(secret, asked, now);
        const read = readChallenge(secret, text, asked, now + later);
        assert.equal(read?.expiresAt, now + challengeLife);
        assert.equal(read.hash.length, 32);
        assert.equal(readChallenge(secret, text, asked, now + challengeLife + later), undefined, 'later');
        assert.equal(
          readChallenge(secret, text, asked, now - clockTolerance - 1 - later),
          undefined,
          'before it was made',
        );
      }),
    ));

  it('is read by an instance whose clock is behind, as far as that may be', () =>
    assert.ok(readChallenge(secret, made(), ceremony, noon - clockTolerance)));

  it('is good for nothing else', () =>
    holds(
      property(anyCeremony, anyCeremony, anyTime, (asked, other, now) => {
        const same = asked.purpose === other.purpose && asked.boundTo === other.boundTo;
        assert.equal(readChallenge(secret, makeChallenge(secret, asked, now), other, now) !== undefined, same);
      }),
    ));

  it('cannot be changed in a single bit', () => {
    const text = made();
    for (let bit = 0; bit < 72 * 8; bit += 1) {
      const bytes = Buffer.from(text, 'base64url');
      bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      assert.equal(readChallenge(secret, bytes.toString('base64url'), ceremony, noon), undefined, `bit ${bit}`);
    }
  });

  it('is no challenge of another secret', () => {
    assert.equal(readChallenge(randomBytes(32), made(), ceremony, noon), undefined);
  });

  it('cannot be written in another way, in which it could be answered again', () => {
    const text = made();
    const others = [`${text}=`, ` ${text}`, `${text}\n`, `${text}A`, `${text}!`, text.slice(1), text.slice(0, -1)];
    for (const other of [...others, `${text.slice(0, 50)}\n${text.slice(50)}`, '', 'A'.repeat(96)])
      assert.equal(readChallenge(secret, other, ceremony, noon), undefined, JSON.stringify(other));
    // Base64 as it is elsewhere, where it differs.
    const [plain = ''] = Array.from({ length: 100 }, made).filter((one) => /[-_]/.test(one));
    const elsewhere = plain.replaceAll('-', '+').replaceAll('_', '/');
    assert.notEqual(elsewhere, plain);
    assert.ok(readChallenge(secret, plain, ceremony, noon));
    assert.equal(readChallenge(secret, elsewhere, ceremony, noon), undefined);
  });

  it('is whatever else somebody sends without an error', () =>
    holds(
      property(string({ unit: 'binary' }), (text) =>
        assert.equal(readChallenge(secret, text, ceremony, noon), undefined),
      ),
    ));
});
