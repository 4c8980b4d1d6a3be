import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readPostgresUrl } from './url.ts';

const facts = (url: string) =>
  readPostgresUrl(url).map(({ host, port, user, password, database, ssl }) => ({
    at: `${user}:${password}@${host}:${port}/${database}`,
    ssl,
  }));

test('every way to write an address is read, and only one to this machine goes in clear by itself', () => {
  const cases: Record<string, [string[], object | false]> = {
    'postgres://u@localhost/d': [['u:undefined@localhost:5432/d'], false],
    'postgresql://u:p@127.0.0.1:6000/d': [['u:p@127.0.0.1:6000/d'], false],
    'postgres://u:p@[::1]:6000/d': [['u:p@::1:6000/d'], false],
    'postgres://u:p@db.example.com/d': [['u:p@db.example.com:5432/d'], {}],
    'postgres://u:p@db.example.com/d?sslmode=disable': [['u:p@db.example.com:5432/d'], false],
    'postgres://u:p@localhost/d?sslmode=verify-full': [['u:p@localhost:5432/d'], {}],
    'postgres://u:p@one:1,two:2,three/d?sslmode=disable': [['u:p@one:1/d', 'u:p@two:2/d', 'u:p@three:5432/d'], false],
    'postgres://u:a%40b%2Fc%3Ad@h/d': [['u:a@b/c:d@h:5432/d'], {}],
    'postgres://u:a@b:c@h/d': [['u:a@b:c@h:5432/d'], {}],
    'postgres://us%40er@h/my%20data': [['us@er:undefined@h:5432/my data'], {}],
    'postgres://u@/d?host=/run/postgresql': [['u:undefined@/run/postgresql:5432/d'], false],
    'postgres://u@%2Frun%2Fpostgresql:6000/d': [['u:undefined@/run/postgresql:6000/d'], false],
  };
  for (const [url, [at, ssl]] of Object.entries(cases)) {
    assert.deepEqual(
      facts(url),
      at.map((each) => ({ at: each, ssl })),
      url,
    );
  }
});

test('whoever mixes this machine and another has TLS to the other alone', () => {
  assert.deepEqual(
    facts('postgres://u@localhost,far.example.com/d').map(({ ssl }) => ssl),
    [false, {}],
  );
});

test('certificates are read from their files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-url-'));
  const path = join(folder, 'authority.pem');
  writeFileSync(path, 'the authority');
  try {
    const [one] = facts(`postgres://u@h/d?sslrootcert=${path}&sslcert=${path}&sslkey=${path}`);
    assert.deepEqual(one?.ssl, { ca: 'the authority', cert: 'the authority', key: 'the authority' });
    const [here] = facts(`postgres://u@localhost/d?sslrootcert=${path}`);
    assert.deepEqual(here?.ssl, { ca: 'the authority' }, 'on this machine too, where they are named');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('what cannot be meant is refused in words that never repeat the address', () => {
  const cases: Record<string, RegExp> = {
    'postgres://h/d': /must name a user/,
    'postgres://:sesame@h/d': /must name a user/,
    'postgres://u:se/same@h/d': /has a \/ \? # that ends the password: .*%2F/,
    'postgres://u:sesame@h': /must name a database/,
    'postgres://u:sesame@h/': /must name a database/,
    'postgres://u:sesame@h/a/b': /must name a database/,
    'postgres://u:sesame@/d': /names no host/,
    'postgres://u:sesame@one,,two/d': /names no host/,
    'postgres://u:sesame@h:0/d': /must name a port from 1 to 65535/,
    'postgres://u:sesame@h:65536/d': /must name a port from 1 to 65535/,
    'postgres://u:sesame@h:port/d': /names no host/,
    'postgres://u:sesame%@h/d': /% that begins no escape/,
    'postgres://u:sesame@h/d?sslmode=require': /cannot have sslmode=require: write verify-full/,
    'postgres://u:sesame@h/d?sslmode=prefer': /cannot have sslmode=prefer/,
    'postgres://u:sesame@h/d?options=-c%20fsync%3Doff': /knows no "options"/,
    'postgres://u:sesame@h/d?sslrootcert=/nowhere/ca.pem': /by sslrootcert that cannot be read \(ENOENT\)/,
    'postgres://u:sesame@localhost/d?sslmode=disable&sslrootcert=/dev/null': /has sslrootcert, which sslmode=disable/,
    'postgres://u:sesame@h/d?sslcert=/dev/null': /needs sslcert and sslkey both/,
    sesame: /is no address of PostgreSQL: postgres:/,
    'mysql://u:sesame@h/d': /is no address of PostgreSQL/,
    'postgres://u@h/d?x/sesame=1': /knows no such parameter; there are host, sslmode/,
    'postgres://u:x?se/same@h/d': /has a \/ \? # that ends the password/,
    'postgres://u:se#same@h/d': /has a \/ \? # that ends the password: .*%23/,
    'postgres://u:sesame@h/d#x': /has a \/ \? # that ends/,
  };
  for (const [url, why] of Object.entries(cases)) {
    assert.throws(
      () => readPostgresUrl(url),
      ({ name, message }: Error) => {
        assert.equal(name, 'OptionError', url);
        assert.match(message, why);
        assert.doesNotMatch(message, /sesame|same@/);
        return true;
      },
      url,
    );
  }
});
