/**
 * What `scripts/break.mjs` breaks, one at a time: the exact text of the source, what stands there instead, and the tests that must
 * notice. A text that is not found exactly once is a failure too, so that this list moves with the code.
 */

import { breaksAcrossInstances } from './breaks-across-instances.mjs';
import { breaksAroundPasskeys } from './breaks-around-passkeys.mjs';
import { breaksAtTheDoor } from './breaks-at-the-door.mjs';
import { breaksInABrowser } from './breaks-in-a-browser.mjs';
import { breaksInTheCellar } from './breaks-in-the-cellar.mjs';
import { breaksInThePortal } from './breaks-in-the-portal.mjs';
import { breaksOfCeremonies } from './breaks-of-ceremonies.mjs';
import { breaksOfFactors } from './breaks-of-factors.mjs';
import { breaksOfPasskeys } from './breaks-of-passkeys.mjs';
import { breaksUnderAttack } from './breaks-under-attack.mjs';

/** @typedef {[file: string, from: string, to: string]} Edit */
/** @typedef {{ name: string, tests: string[], edits: Edit[], all?: true }} Break `all`: every test may fail, not only some */

/** @type {readonly Break[]} */
export const breaks = [
  {
    name: 'the condition on the spent step',
    tests: ['guards'],
    edits: [['src/totp/store.ts', ".where('last_step', '<', given.step)", '']],
  },
  {
    name: 'the same, seen by two processes',
    tests: ['two-processes'],
    edits: [['src/totp/store.ts', ".where('last_step', '<', given.step)", '']],
    all: true,
  },
  {
    name: 'a recovery code counts as spent whether it was there or not',
    tests: ['stories/one-code'],
    edits: [
      [
        'src/recovery-codes/store.ts',
        '(await take.run(tx, { userId, hash })) === 1',
        '(await take.run(tx, { userId, hash })) >= 0',
      ],
    ],
  },
  {
    name: 'the code that confirms an enrolment is not spent',
    tests: ['stories/codes'],
    edits: [['src/totp/totp.ts', 'last_step: step ?? -1', 'last_step: -1']],
  },
  {
    name: 'strangers cost no hash',
    tests: ['stories/strangers'],
    edits: [
      [
        'src/passwords/hasher.ts',
        'fits = await argon.verify(phc && set === own ? phc : dummyOf(set), password)',
        'fits = !!phc && (await argon.verify(phc, password))',
      ],
    ],
  },
  {
    name: 'the facts are not read again',
    tests: ['stories/facts'],
    edits: [['src/sign-in/issue.ts', ' && judgedBy(current) === accepted.judged;', ';']],
  },
  {
    name: 'disabled people sign in',
    tests: ['stories/strangers'],
    edits: [['src/sign-in/facts.ts', '!stored || stored.user.disabled', '!stored']],
  },
  {
    name: 'a route says another level',
    tests: ['access'],
    edits: [
      [
        'src/admin/routes.ts',
        "administrator or service token',\n    operationId: 'listUsers'",
        "signed in',\n    operationId: 'listUsers'",
      ],
    ],
  },
  {
    name: 'a route says no level',
    tests: ['access'],
    edits: [['src/account/me-routes.ts', "url: '/whoami',\n    access: 'signed in',", "url: '/whoami',"]],
    all: true,
  },
  {
    name: 'every session is fresh',
    tests: ['access'],
    edits: [['src/sign-in/policy.ts', 'freshFor = 10 * minute', 'freshFor = 10_000 * minute']],
  },
  {
    name: 'an enrolling session is a full one',
    tests: ['access'],
    edits: [['src/sign-in/policy.ts', "if (facts.secondFactorRequired) return 'enrolling';", '']],
  },
  {
    name: 'a session goes on without the second factor in force',
    tests: ['guards'],
    edits: [['src/sign-in/policy.ts', ' || facts.authenticator?.boundBy !== session.id) return', ') return']],
  },
  {
    name: 'a pending secret is confirmed by a code of another',
    tests: ['guards'],
    edits: [['src/totp/totp.ts', ' || (proof && proof.id !== pending.id)', '']],
  },
  {
    name: 'the place is not in the authenticated data',
    tests: ['../src/seal'],
    edits: [
      ['src/seal.ts', '      cipher.setAAD(context(place));', ''],
      ['src/seal.ts', '      decipher.setAAD(context(place));', ''],
    ],
  },
  {
    name: 'the place is not in the key',
    tests: ['../src/seal'],
    edits: [['src/seal.ts', '{context(place)}`, 32', '{place.table.length > 99}`, 32']],
  },
  {
    name: 'the place is in neither',
    tests: ['attacks/a-39-database-theft'],
    edits: [['src/seal.ts', '[place.table, place.column, place.row]', '[place.table.length > 99]']],
  },
  {
    name: 'a secret that is no more is skipped',
    tests: ['theft'],
    edits: [
      [
        'src/totp/store.ts',
        ".selectFrom('authenticators').select(['user_id', 'id', 'bound_by', 'proved_at'])",
        ".selectFrom('authenticators').select(['user_id', 'id', 'bound_by', 'proved_at']).where((row) => row(row.fn('length', ['secret']), '>', 0))",
      ],
    ],
  },
  {
    name: 'another key of the same id is taken',
    tests: ['keys'],
    edits: [['src/upkeep/keys.ts', 'key && !checkValue(key).equals(check_value)', 'key && false']],
  },
  {
    name: 'tokens are stored as they are',
    tests: ['attacks/a-39-database-theft'],
    edits: [['src/tokens.ts', "hash('sha256', token, 'buffer')", 'Buffer.from(token)']],
  },
  {
    name: 'recovery codes are stored as they are',
    tests: ['attacks/a-39-database-theft'],
    edits: [
      ['src/recovery-codes/recovery-codes.ts', "createHash('sha256').update(code).digest()", 'Buffer.from(code)'],
    ],
  },
  {
    name: 'password hashes are not sealed',
    tests: ['attacks/a-39-database-theft'],
    edits: [
      ['src/passwords/passwords.ts', 'hash = sealer.seal(place(userId), Buffer.from(phc))', 'hash = Buffer.from(phc)'],
      ['src/passwords/passwords.ts', 'sealer.seal(place(row.user_id), Buffer.from(phc))', 'Buffer.from(phc)'],
      [
        'src/passwords/passwords.ts',
        'tryOpen(sealer, place(userId), sealed)?.toString()',
        'Buffer.from(sealed).toString()',
      ],
    ],
  },
  {
    name: 'otp= is logged',
    tests: ['log', 'stories/codes'],
    edits: [['src/http/log.ts', '/^[a-z_]{1,20}=/', '/^[a-z_]{1,20}=.*/']],
  },
  {
    name: 'tries are charged after the verdict',
    tests: ['stories/throttle-passwords'],
    edits: [
      ['src/throttle/throttle.ts', 'charge(stored, shape, now, limits.verdict), kept);', 'stored, kept);'],
      ['src/throttle/limits.ts', 'budget.charged - awaiting);\n  return { ...', '++budget.charged);\n  return { ...'],
    ],
  },
  {
    name: 'codes are not counted',
    tests: ['stories/throttle-codes'],
    edits: [
      [
        'src/throttle/throttle.ts',
        "settle(stored, shape, budget === 'newNetwork' && before.stays ? 'wrong' : own, before)",
        "settle(stored, shape, 'right', before)",
      ],
    ],
  },
  {
    name: 'a recovery code proves an authenticator that was never proved',
    tests: ['stories/enrolling'],
    edits: [['src/sign-in/policy.ts', "unproved ? 'enrolling' : 'full'", "'full'"]],
  },
  {
    name: 'a session is not judged again where it acts',
    tests: ['stories/overtaken'],
    edits: [
      [
        'src/sign-in/still-may.ts',
        'const stored = await parts.sessions.mustStand(db, session.id);',
        'const stored = await parts.sessions.mustStand(db, session.id).catch(() => undefined);\n    if (!stored) return;',
      ],
    ],
  },
  {
    name: 'there is no cut-off',
    tests: ['stories/throttle-codes'],
    edits: [['src/throttle/limits.ts', 'settled >= shape.cutOff', 'settled < 0']],
  },
  {
    name: 'the hash queue has no end',
    tests: ['problems'],
    edits: [
      ['src/passwords/pool.ts', 'if (length >= longest)', 'if (length < 0)'],
      ['src/passwords/pool.ts', 'boolean => length < longest ||', 'boolean => length >= 0 ||'],
    ],
  },
  {
    name: 'a change of factors ends no session',
    tests: ['stories/replacing'],
    edits: [['src/sign-in/factor-changes.ts', 'await endSessions(tx, userId, { session: keptSessionId });', '']],
  },
  {
    name: 'a new password ends no session',
    tests: ['stories/password-change'],
    edits: [['src/sign-in/change-password.ts', 'await endSessions(tx, userId, { session: keptSessionId });', '']],
  },
  {
    name: 'sessions never end',
    tests: ['stories/sessions'],
    edits: [['src/sessions/sessions.ts', 'session.expiresAt <= now ||', '']],
  },
  {
    name: 'a one-time link stays good',
    tests: ['stories/invitation'],
    edits: [['src/sign-in/change-password.ts', ' || !(await passwords.takeLink(tx, given.token, now))', '']],
  },
  ...breaksAcrossInstances,
  ...breaksAtTheDoor,
  ...breaksInABrowser,
  ...breaksInThePortal,
  ...breaksOfCeremonies,
  ...breaksOfFactors,
  ...breaksOfPasskeys,
  ...breaksAroundPasskeys,
  ...breaksUnderAttack,
  ...breaksInTheCellar,
];
