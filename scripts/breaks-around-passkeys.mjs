/** The part of `breaks.mjs` that is about what runs passkeys: tries, floods, older copies, the doctor. */

/** @type {readonly import('./breaks.mjs').Break[]} */
export const breaksAroundPasskeys = [
  {
    name: 'wrong passwords use up the tries of a passkey',
    tests: ['../src/throttle/owners', 'attacks/a-07-owner-stays-in-by-passkey'],
    edits: [
      [
        'src/throttle/tries.ts',
        "const own = { budget: 'passkey', key: network }",
        "const own = { budget: 'network', key: network }",
      ],
    ],
  },
  {
    name: 'imitations of a passkey use up the tries of a known browser',
    tests: ['../src/throttle/owners', 'attacks/a-07-owner-stays-in-by-passkey'],
    edits: [
      [
        'src/throttle/tries.ts',
        "if (browserId !== undefined) return [{ budget: 'passkey', key: ofBrowser(browserId) }];",
        '',
      ],
    ],
  },
  {
    name: 'a network that is refused for passkeys is not remembered',
    tests: ['../src/throttle/owners'],
    edits: [['src/throttle/refused.ts', "['network', 'site', 'passkey', 'sitePasskey']", "['network', 'site']"]],
  },
  {
    name: 'what answers nothing that was asked is charged and written down',
    tests: ['attacks/passkey-garbage'],
    edits: [
      [
        'src/sign-in/judge.ts',
        "if (!('challenge' in judged)) return { result: 'wrong passkey', reason: judged.refused };",
        '',
      ],
      [
        'src/passkeys/passkeys.ts',
        'if (!(await spendChallenge(tx, j',
        'if (judged.challenge && !(await spendChallenge(tx, j',
      ],
    ],
  },
  {
    name: 'a passkey is charged before it is judged, so that a neighbour may use up its tries',
    tests: ['attacks/a-07-owner-stays-in-by-passkey'],
    edits: [['src/sign-in/judge.ts', "'said' in judged && facts ? noCharge : await", 'await']],
  },
  {
    name: 'an answer that was taken before is judged once more',
    tests: ['attacks/passkey-garbage'],
    edits: [
      ['src/passkeys/judging.ts', "if (await isSpent(database.read, challenge)) return { refused: 'challenge' };", ''],
    ],
  },
  {
    name: 'what a passkey has answered before is good again in an older copy',
    tests: ['databases/mark-accept'],
    edits: [['src/upkeep/mark/accept.ts', 'await passkeys.voidChallenges(tx, now);', '']],
  },
  {
    name: 'what a passkey has answered is good again once a wrong clock is accepted',
    tests: ['stories/accepted-clock'],
    edits: [['src/service.ts', '[...aging, passkeys.voidChallenges]', 'aging']],
  },
  {
    name: 'what is void for one answer is good for another',
    tests: ['stories/accepted-clock', 'databases/mark-accept'],
    edits: [['src/passkeys/store.ts', "where('expires_at', '>=', expiresAt)", "where('expires_at', '<', 0)"]],
  },
  {
    name: 'a time that is accepted later makes good again what was void',
    tests: ['stories/accepted-clock'],
    edits: [['src/passkeys/store.ts', ".where('spent_challenges.expires_at', '<', upTo)", '']],
  },
  {
    name: 'answered challenges are never deleted',
    tests: ['clean-up'],
    edits: [
      [
        'src/passkeys/passkeys.ts',
        'return newest && deleteExpiredChallenges(',
        'return newest && now < 0 && deleteExpiredChallenges(',
      ],
    ],
  },
  {
    name: 'the doctor overlooks passkeys of another host name',
    tests: ['doctor'],
    edits: [['src/upkeep/doctor-passkeys.ts', 'host !== own', 'host === undefined']],
  },
  {
    name: 'what is right for a disabled account is refused without a try',
    tests: ['attacks/a-36-people'],
    edits: [['src/sign-in/judge.ts', "'said' in judged && facts ? noCharge", "'said' in judged ? noCharge"]],
  },
  {
    name: 'an account without a passkey is asked for any',
    tests: ['stories/passkeys'],
    edits: [['src/sign-in/passkey-options.ts', 'options?.allowCredentials.length ? options : undefined', 'options']],
  },
  {
    name: 'the audit row of a sign-in does not say which passkey it was by',
    tests: ['stories/which-passkey'],
    edits: [['src/sign-in/issue.ts', ', ...(passkeyId && { passkey: passkeyId })', '']],
  },
  {
    name: 'the audit row of a new proof does not say which passkey it was by',
    tests: ['stories/which-passkey'],
    edits: [
      [
        'src/sign-in/reauthenticate.ts',
        "event: 'session.reauthenticated', ...about, ...which",
        "event: 'session.reauthenticated', ...about",
      ],
    ],
  },
  {
    name: 'the audit log has two meanings for what it calls passkey',
    tests: ['stories/which-passkey'],
    edits: [['src/sign-in/note-refused.ts', 'passkey_reason: wrong.reason', 'passkey: wrong.reason']],
  },
  {
    name: 'the audit log says in two ways what was wrong with a passkey',
    tests: ['attacks/a-36-refused-registration'],
    edits: [['src/sign-in/keep-passkey.ts', 'passkey_reason: judged.refused', 'reason: judged.refused']],
  },
  {
    name: 'the activity names a passkey that it was not',
    tests: ['../src/audit/words', 'stories/which-passkey'],
    edits: [['src/audit/words.ts', "passkeys.find(({ id }) => id === row.detail['passkey'])", 'passkeys.at(0)']],
  },
  {
    name: 'the activity does not name any passkey',
    tests: ['stories/which-passkey'],
    edits: [['src/account/activity-page.ts', "inWords(row, 'own', passkeys)", "inWords(row, 'own')"]],
  },
  {
    name: 'a passkey that may be a copy is forgotten when another one goes',
    tests: ['stories/account-passkeys'],
    edits: [
      [
        'src/account/overview.ts',
        'rows.find(({ at, detail }) => at >= since && passkeys.some(',
        "(await activity(read, { userId, events: ['passkey.removed'] })).rows.length > 0 ? undefined : rows.find(({ at, detail }) => at >= since && passkeys.some(",
      ],
    ],
  },
  {
    name: 'the line of a request does not say what was wrong with its passkey',
    tests: ['security-log', 'security-pages'],
    edits: [['src/http/log.ts', "reason: problem?.particulars.members?.['reason'],", '']],
  },
  {
    name: 'the line of a form that was refused does not say why',
    tests: ['security-log'],
    edits: [['src/http/page.ts', 'noteProblem(reply.request, error);', '']],
  },
  {
    name: 'a session that was made by a passkey alone has proved nothing once that is gone',
    tests: ['stories/passkey-factors', 'stories/account-passkeys-removal'],
    edits: [['src/sign-in/factor-changes.ts', 'if (passwordAt !== undefined) await', 'await']],
  },
  {
    name: 'a passkey that is gone keeps the place of a code that was proved since',
    tests: ['stories/passkey-factors'],
    edits: [['src/sign-in/second-factor.ts', 'facts.passkeys !== undefined && session', 'session']],
  },
  {
    name: 'copies of an answer are written down one by one',
    tests: ['stories/passkeys'],
    edits: [['src/sign-in/note-refused.ts', "if (wrong.reason === 'challenge') return;", '']],
  },
  {
    name: 'refused passkeys fill the log',
    tests: ['attacks/a-36-refused-registration'],
    edits: [['src/sign-in/keep-passkey.ts', 'await noteSeldom(tx, audit, {', 'await audit.record(tx, clock(), {']],
  },
  {
    name: 'a challenge of an instance whose clock is a little ahead is not taken',
    tests: ['../src/passkeys/challenge'],
    edits: [['src/passkeys/challenge.ts', 'now + clockTolerance + challengeLife', 'now + challengeLife']],
  },
  {
    name: 'a link that is void by now gets a passkey kept',
    tests: ['stories/passwordless-invitation'],
    edits: [
      [
        'src/sign-in/passkey-by-link.ts',
        '!(await passwords.takeLink(tx, given.token, now))',
        '!((await passwords.takeLink(tx, given.token, now)) || true)',
      ],
    ],
  },
  {
    name: 'of those who use one link at once each keeps a passkey',
    tests: ['stories/passwordless-invitation'],
    edits: [
      [
        'src/sign-in/passkey-by-link.ts',
        'hasSecondFactor(facts) || !(await passwords.takeLink(tx, given.token, now))',
        '!((await passwords.takeLink(tx, given.token, now)) || true)',
      ],
    ],
  },
  {
    name: 'an answer that comes again is an error of ours',
    tests: ['stories/passkeys'],
    edits: [
      [
        'src/passkeys/passkeys.ts',
        "if (!(await spendChallenge(tx, judged.challenge))) return 'challenge';",
        "if (!(await spendChallenge(tx, judged.challenge))) throw new Error('answered already');",
      ],
    ],
  },
  {
    name: 'what answers nothing that was asked is charged where it is known of whom',
    tests: ['attacks/passkey-garbage'],
    edits: [
      [
        'src/sign-in/judge.ts',
        "if (!('challenge' in judged)) return",
        "const charged = !('challenge' in judged) && userId ? await chargePasskey(userId, client) : noCharge;\n      if ('charges' in charged) await database.transaction((tx) => throttle.settle(tx, charged, 'wrong', clock()));\n      if (!('challenge' in judged)) return",
      ],
    ],
  },
];
