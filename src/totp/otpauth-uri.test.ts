import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assert as holds, property, string, uint8Array } from 'fast-check';
import { TOTP, URI } from 'otpauth';
import { codeAt } from './code.ts';
import { otpauthUri } from './otpauth-uri.ts';

const secret = new Uint8Array(Buffer.from('12345678901234567890'));
const base32 = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const now = Date.parse('2026-01-01T12:00:00Z');

/** The parts as the URL standard reads them. */
function read(uri: string) {
  const url = new URL(uri);
  const [issuer = '', account = '', ...more] = url.pathname.slice(1).split(':').map(decodeURIComponent);
  assert.deepEqual(more, []);
  return { scheme: url.protocol, type: url.host, issuer, account, parameters: [...url.searchParams], hash: url.hash };
}

function asWritten({ issuer, account }: { issuer: string; account: string }) {
  const parameters = [
    ['secret', base32],
    ['issuer', issuer],
  ];
  return { scheme: 'otpauth:', type: 'totp', issuer, account, parameters, hash: '' };
}

describe('the otpauth URI', () => {
  it('is to the letter what the first service answered', () => {
    assert.equal(
      otpauthUri({ issuer: 'Example app', account: 'user2', secret }),
      `otpauth://totp/Example%20app:user2?secret=${base32}&issuer=Example%20app`,
    );
  });

  const accounts: [what: string, account: string][] = [
    ['a space', 'alice smith'],
    ['an @', 'alice@example.com'],
    ['a colon', 'alice:admin'],
    ['a %', '100%'],
    ['what looks encoded', 'a%20b%3Ac'],
    ['an emoji', 'alice 👩🏽‍🚒'],
    ['200 characters', 'ä'.repeat(200)],
    ['64 emoji', '👩'.repeat(64)],
    ['what ends a path or a query', '/../a?b=c&secret=AAAA#d;e'],
    ['a plus', 'alice+totp'],
    ['reserved characters', "!'()*,$[]"],
    ['two dots', '..'],
    ['other scripts', 'الإ 日本 ß'],
  ];
  for (const [what, account] of accounts) {
    it(`gives back an account with ${what}, and an issuer too`, () => {
      assert.deepEqual(
        read(otpauthUri({ issuer: 'Example app', account, secret })),
        asWritten({ issuer: 'Example app', account }),
      );
      assert.deepEqual(
        read(otpauthUri({ issuer: account, account: 'bob', secret })),
        asWritten({ issuer: account, account: 'bob' }),
      );
    });
  }

  it('has only unreserved characters and percent-encoded ones in its values', () => {
    const all = String.fromCharCode(...Array.from({ length: 0x80 }, (_, code) => code));
    const uri = otpauthUri({ issuer: all, account: all, secret });
    const value = /(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})*/.source;
    assert.match(uri, new RegExp(`^otpauth://totp/${value}:${value}\\?secret=[A-Z2-7]{32}&issuer=${value}$`));
    assert.match(otpauthUri({ issuer: "a !'()*+:@%", account: 'b', secret }), /\/a%20%21%27%28%29%2A%2B%3A%40%25:b\?/);
  });

  it('reads back by the URL standard whatever the names', () => {
    const name = string({ unit: 'binary', minLength: 1, maxLength: 64 });
    return holds(
      property(name, name, (issuer, account) => {
        assert.deepEqual(read(otpauthUri({ issuer, account, secret })), asWritten({ issuer, account }));
      }),
      { seed: 3986 },
    );
  });

  it('makes an independent authenticator show our codes under our names', () => {
    // Without colons, which apps may split at, encoded or not, and which names and options refuse; and without spaces
    // in front, which apps drop.
    const name = string({ unit: 'binary', minLength: 1, maxLength: 64 }).map((text) => `a${text.replaceAll(':', '')}`);
    return holds(
      property(name, name, uint8Array({ minLength: 20, maxLength: 20 }), (issuer, account, key) => {
        const app = URI.parse(otpauthUri({ issuer, account, secret: key }));
        assert.ok(app instanceof TOTP);
        assert.deepEqual([app.issuer, app.label, app.issuerInLabel], [issuer, account, true]);
        assert.deepEqual([app.algorithm, app.digits, app.period], ['SHA1', 6, 30]);
        assert.equal(app.generate({ timestamp: now }), codeAt(key, now));
      }),
      { seed: 3986 },
    );
  });

  it('throws for half a character, which no app could show', () => {
    assert.throws(() => otpauthUri({ issuer: 'Example app', account: 'a\ud83d', secret }), URIError);
  });
});
