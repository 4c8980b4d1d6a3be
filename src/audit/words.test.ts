import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AuditRow, type Event, events } from './events.ts';
import { inWords } from './words.ts';

const row = (event: Event, about: Partial<AuditRow> = {}): AuditRow => ({
  sequence: 1,
  at: 0,
  event,
  userId: 'u1',
  detail: {},
  ...about,
});
const own = (event: Event, about: Partial<AuditRow> = {}): string => inWords(row(event, about), 'own');
const seen = (event: Event, about: Partial<AuditRow> = {}): string => inWords(row(event, about), 'administrator');

test('every event is a sentence, from either side, whatever its detail', () => {
  const details = [
    {},
    { reason: 'unheard of', count: 'many', administrator: 1, level: null, ended: {}, by: [] },
    { reason: 'toString', level: 'constructor', by: 'valueOf' },
  ];
  for (const event of events) {
    for (const detail of details) {
      for (const told of [own(event, { detail }), seen(event, { detail }), seen(event, { detail, actorId: 'u2' })]) {
        assert.match(told, /^[A-Z][a-z ,:;’-]+\.$/, `${event}: ${told}`);
        assert.doesNotMatch(told, /undefined|null|object|NaN/, event);
      }
    }
  }
});

test('every event has words of its own', () => {
  assert.equal(new Set(events.map((event) => own(event))).size, events.length);
});

test('an event of another version is a sentence too, even one with the name of a method', () => {
  for (const event of ['passkey.lent', 'toString', '__proto__', ''])
    assert.match(inWords({ ...row('sign_in.otp_required'), event }, 'own'), /^Something happened that this version/);
});

test('nothing that has been typed is told', () => {
  const typed = '<b>correct horse</b>';
  const detail = {
    reason: typed,
    name: typed,
    level: typed,
    by: typed,
    ended: typed,
    count: typed,
    service_token: typed,
    passkey: typed,
    passkey_reason: typed,
  };
  for (const event of events) {
    const told = own(event, { detail, address: typed, sessionId: typed, actorId: typed, userId: typed });
    assert.doesNotMatch(told, /correct|</, event);
  }
});

test('a person reads of their own account, an administrator of the account', () => {
  assert.equal(own('password.changed'), 'Your password was changed.');
  assert.equal(seen('password.changed'), 'The password was changed.');
  assert.equal(own('session.reauthenticated'), 'You proved again that it is you.');
  assert.equal(seen('session.reauthenticated'), 'Proved again who is signed in.');
});

test('it is said who did it where that was somebody else', () => {
  assert.equal(own('password.changed', { actorId: 'operator' }), 'Your password was changed by the operator.');
  assert.equal(own('user.disabled', { actorId: 'u2' }), 'Your account was disabled by an administrator.');
  assert.equal(
    own('user.renamed', { actorId: 'service-token:t1' }),
    'Your account was given another name by a program with a service token.',
  );
  assert.equal(own('service_token.created', { actorId: 'u1' }), 'A service token for a program was made.');
  assert.equal(
    own('service_token.revoked', { actorId: 'u2' }),
    'A service token of a program was revoked by an administrator.',
  );
});

test('a passkey is told by the name that it has now, where the reader has one of that id', () => {
  const passkeys = [
    { id: 'p1', name: 'Phone' },
    { id: 'p2', name: 'Laptop' },
  ];
  const named = (event: Event, detail: AuditRow['detail']): string => inWords(row(event, { detail }), 'own', passkeys);
  const factor = { level: 'full', second_factor: 'passkey' };
  const told: [Event, AuditRow['detail'], string][] = [
    ['passkey.added', {}, 'The passkey “Laptop” was added to your account.'],
    ['passkey.added', { by: 'link' }, 'The passkey “Laptop” was added to your account with a one-time link.'],
    [
      'passkey.clone_suspected',
      {},
      'The passkey “Laptop” was refused and may have been copied: its counter has gone back.',
    ],
    ['passkey.renamed', {}, 'The passkey “Laptop” was renamed; that is its name now.'],
    ['session.reauthenticated', {}, 'You proved again that it is you, with the passkey “Laptop”.'],
    [
      'session.reauthentication_refused',
      { reason: 'wrong_passkey' },
      'Proving again who is signed in was refused: wrong answer of the passkey “Laptop”.',
    ],
    ['sign_in.refused', { reason: 'wrong passkey' }, 'Sign-in with the passkey “Laptop” refused.'],
    ['sign_in.succeeded', factor, 'Signed in with password and the passkey “Laptop”.'],
    ['sign_in.succeeded', { ...factor, passwordless: true }, 'Signed in with the passkey “Laptop”.'],
  ];
  for (const [event, detail, sentence] of told) {
    assert.equal(named(event, { ...detail, passkey: 'p2' }), sentence);
    for (const other of ['p3', 'Laptop', 2, null, {}, undefined])
      assert.equal(named(event, { ...detail, passkey: other }), own(event, { detail }), `${event}: ${other}`);
  }
});

test('a refused sign-in says what was wrong', () => {
  const refused = (reason: string, about: Partial<AuditRow> = {}): string =>
    seen('sign_in.refused', { detail: { reason }, ...about });
  assert.equal(refused('wrong otp'), 'Sign-in refused: right password, wrong code.');
  assert.equal(refused('wrong credentials'), 'Sign-in refused: wrong password, or a disabled account.');
  assert.equal(own('sign_in.refused', { detail: { reason: 'wrong credentials' } }), 'Sign-in refused: wrong password.');
  const { userId: _, ...nobody } = row('sign_in.refused', { detail: { reason: 'wrong credentials' } });
  assert.equal(inWords(nobody, 'administrator'), 'Sign-in refused: no account of that name.');
  assert.equal(refused('wrong passkey'), 'Sign-in with a passkey refused.');
  assert.equal(refused('unheard of'), 'Sign-in refused.');
});

test('of a passkey that was refused it is told where, and no word of its answer', () => {
  const why = { passkey_reason: 'origin' };
  const told: [Event, AuditRow['detail'], string][] = [
    ['sign_in.refused', { reason: 'wrong passkey', ...why }, 'Sign-in with a passkey refused.'],
    [
      'session.reauthentication_refused',
      { reason: 'wrong_passkey', ...why },
      'Proving again who is signed in was refused: wrong passkey.',
    ],
    ['passkey.registration_refused', why, 'Adding a passkey to your account was refused.'],
    [
      'passkey.registration_refused',
      { ...why, by: 'link' },
      'Adding a passkey to your account with a one-time link was refused.',
    ],
  ];
  for (const [event, detail, words] of told) assert.equal(own(event, { detail }), words);
});

test('details make sentences precise', () => {
  const told: [Event, AuditRow['detail'], string][] = [
    ['sign_in.succeeded', { level: 'full' }, 'Signed in.'],
    ['sign_in.succeeded', { level: 'full', second_factor: 'otp' }, 'Signed in.'],
    ['sign_in.succeeded', { level: 'full', second_factor: 'passkey' }, 'Signed in with password and passkey.'],
    ['sign_in.succeeded', { level: 'full', second_factor: 'passkey', passwordless: true }, 'Signed in with a passkey.'],
    ['sign_in.succeeded', { level: 'enrolling' }, 'Signed in, to set up the second factor that is required.'],
    ['sign_in.succeeded', { level: 'changing password' }, 'Signed in, to choose a longer password.'],
    [
      'session.reauthentication_refused',
      { reason: 'wrong_otp' },
      'Proving again who is signed in was refused: wrong code.',
    ],
    [
      'session.reauthentication_refused',
      { reason: 'wrong_password' },
      'Proving again who is signed in was refused: wrong password.',
    ],
    ['session.reauthentication_refused', {}, 'Proving again who is signed in was refused.'],
    ['password.changed', { by: 'link' }, 'Your password was chosen with a one-time link.'],
    ['password.changed', { first: true }, 'Your password was set.'],
    ['passkey.added', { by: 'link' }, 'A passkey was added to your account with a one-time link.'],
    ['password.link_made', { forced: false }, 'A one-time link for your account was made.'],
    [
      'password.link_made',
      { forced: true },
      'A one-time link for your account was made; your old password no longer works.',
    ],
    ['session.ended', { ended: 's1' }, 'Signed out.'],
    ['session.ended', { ended: 's2' }, 'Another session was ended.'],
    ['sessions.ended', { count: 0 }, 'No other session was there to be ended.'],
    ['sessions.ended', { count: 1 }, 'One other session was ended.'],
    ['sessions.ended', { count: 3 }, '3 other sessions were ended.'],
    [
      'sessions.ended',
      { count: 0, browsers: 2 },
      'No other session was there to be ended; browsers that were known are forgotten.',
    ],
    ['user.created', { administrator: true }, 'Your account was made, as that of an administrator.'],
    ['user.roles_changed', { administrator: true }, 'Your account was made an administrator’s.'],
    ['user.roles_changed', { administrator: false }, 'Your account was made an ordinary one again.'],
  ];
  for (const [event, detail, sentence] of told) assert.equal(own(event, { detail, sessionId: 's1' }), sentence);
  assert.equal(
    own('sessions.ended', { detail: { count: 2 }, actorId: 'operator' }),
    '2 sessions were ended by the operator.',
  );
});
