/** The part of `breaks.mjs` that is about the rules between factors, and about accounts without a password. */

/** @type {readonly import('./breaks.mjs').Break[]} */
export const breaksOfFactors = [
  {
    name: 'a link leads around a second factor',
    tests: ['stories/passwordless-invitation'],
    edits: [['src/sign-in/passkey-by-link.ts', '!facts || hasSecondFactor(facts) || !(await', '!facts || !(await']],
  },
  {
    name: 'the page of a link offers a passkey where there is a second factor',
    tests: ['stories/passwordless-invitation'],
    edits: [['src/sign-in/passkey-by-link.ts', 'hasSecondFactor(facts) || !passkeys.relyingParty()', 'false']],
  },
  {
    name: 'a passkey spends no link',
    tests: ['stories/passwordless-invitation'],
    edits: [['src/sign-in/passkey-by-link.ts', ' || !(await passwords.takeLink(tx, given.token, now))', '']],
  },
  {
    name: 'what is asked for one link is good for every other',
    tests: ['stories/passwordless-invitation'],
    edits: [['src/sign-in/ceremonies.ts', "hashToken(token).toString('base64url')", "'link'"]],
  },
  {
    name: 'whoever has made a passkey by a link is a newcomer still',
    tests: ['stories/passwordless-rescue'],
    edits: [['src/sign-in/passkey-by-link.ts', 'await rememberInUse(tx, userId);', '']],
  },
  {
    name: 'a password is changed without the one there is',
    tests: ['stories/passwordless'],
    edits: [['src/sign-in/change-password.ts', '(password === undefined) === (given === undefined)', 'true']],
  },
  {
    name: 'of two first passwords the second takes the place of the first',
    tests: ['stories/passwordless'],
    edits: [
      [
        'src/sign-in/change-password.ts',
        "if (!sameFacts(facts, await stillMay(tx, session))) throw new Problem('wrong_password');",
        'await stillMay(tx, session);',
      ],
    ],
  },
  {
    name: 'an authenticator that nobody has proved is enough where a factor is required',
    tests: ['stories/passkey-factors', '../src/sign-in/what-forbids'],
    edits: [['src/sign-in/policy.ts', '!facts.authenticator?.proved;', '!facts.authenticator;']],
  },
  {
    name: 'the last way in goes without a word',
    tests: ['stories/passwordless', 'stories/passkey-changes'],
    edits: [
      [
        'src/sign-in/factor-changes.ts',
        "(forbids === 'last_way_in' && accepts?.noWayIn)",
        "(forbids === 'last_way_in' && accepts)",
      ],
    ],
  },
  {
    name: 'passkeys of another host name count as a way in',
    tests: ['stories/passkey-changes'],
    edits: [['src/sign-in/factor-changes.ts', '(await passkeys.usable(tx, id))', '(await passkeys.list(tx, id))']],
  },
  {
    name: 'who switches the authenticator off is sent to an acceptance that is not taken there',
    tests: ['stories/passkey-changes'],
    edits: [
      [
        'src/sign-in/factor-changes.ts',
        "if (forbids === 'second_factor_required' || accepts) throw",
        'if (forbids) throw',
      ],
    ],
  },
  {
    name: 'a password is a way in whatever stands beside it',
    tests: ['stories/passkey-changes', '../src/sign-in/what-forbids'],
    edits: [
      [
        'src/sign-in/policy.ts',
        'return authenticator !== undefined || recoveryCodesLeft > 0 || passkeys.all === 0;',
        'return authenticator !== undefined || recoveryCodesLeft >= 0 || passkeys.all === 0;',
      ],
    ],
  },
  {
    name: 'the code of a new authenticator takes a passkey’s place in a session',
    tests: ['stories/passkey-factors'],
    edits: [['src/sign-in/second-factor.ts', 'if (!byPasskey) await', 'await']],
  },
  {
    name: 'a factor that is gone counts as fresh',
    tests: ['stories/passkey-factors', '../src/sign-in/policy'],
    edits: [['src/sign-in/policy.ts', 'secondFactor && stands(facts, secondFactor.kind) &&', 'secondFactor &&']],
  },
  {
    name: 'whoever has switched an authenticator on gets past a passkey',
    tests: ['../src/sign-in/policy'],
    edits: [
      ['src/sign-in/policy.ts', 'facts.passkeys || facts.authenticator?.boundBy', 'facts.authenticator?.boundBy'],
    ],
  },
  {
    name: 'a passkey is no more than a second factor to freshness',
    tests: ['stories/passwordless', '../src/sign-in/policy'],
    edits: [['src/sign-in/policy.ts', "if (second && secondFactor.kind === 'passkey') return true;", '']],
  },
  {
    name: 'a passkey alone is no second factor in force',
    tests: ['stories/passkey-credentials', '../src/sign-in/policy'],
    edits: [
      [
        'src/sign-in/policy.ts',
        'return authenticator !== undefined || passkeys !== undefined;',
        'return authenticator !== undefined || passkeys === null;',
      ],
    ],
  },
  {
    name: 'recovery codes go with the first factor of two',
    tests: ['stories/passkey-factors'],
    edits: [['src/sign-in/factor-changes.ts', 'if (!hasSecondFactor(left)) await endLast', 'await endLast']],
  },
  {
    name: 'recovery codes outlive the last factor',
    tests: ['stories/passkey-factors'],
    edits: [
      ['src/sign-in/factor-changes.ts', 'if (!hasSecondFactor(left)) await endLast(tx, userId, keptSessionId);', ''],
    ],
  },
  {
    name: 'each factor brings new recovery codes',
    tests: ['stories/passkey-factors'],
    edits: [
      ['src/sign-in/factor-changes.ts', 'hasSecondFactor(before) ? undefined : makeRecoveryCodes', 'makeRecoveryCodes'],
    ],
  },
  {
    name: 'a new passkey leaves the other sessions alone',
    tests: ['stories/passkey-factors'],
    edits: [['src/sign-in/keep-passkey.ts', 'await changes.endTheRest(tx, userId, sessionId);', '']],
  },
  {
    name: 'a passkey that is removed leaves the other sessions alone',
    tests: ['stories/passwordless', 'stories/passkey-factors'],
    edits: [['src/sign-in/passkey-factor.ts', 'await changes.afterRemoval(tx, userId, sessionId, accepts);', '']],
  },
  {
    name: 'a verdict outlives a change of passkeys',
    tests: ['../src/sign-in/facts'],
    edits: [
      [
        'src/sign-in/facts.ts',
        '[password?.version, authenticator?.id, passkeys?.version]',
        '[password?.version, authenticator?.id]',
      ],
    ],
  },
  {
    name: 'passkeys outlive a reset',
    tests: ['stories/passwordless-rescue'],
    edits: [['src/sign-in/factor-changes.ts', 'await passkeys.removeAll(tx, userId);', '']],
  },
  {
    name: 'a code is judged where there is no authenticator',
    tests: ['stories/passkey-credentials'],
    edits: [
      [
        'src/sign-in/credentials.ts',
        "!given.code || (given.code.kind === 'otp' && !facts.authenticator)",
        '!given.code',
      ],
    ],
  },
  {
    name: 'proving again, a code of an authenticator that is not there is refused without a row',
    tests: ['stories/passkey-after-password'],
    edits: [
      ['src/sign-in/reauthenticate.ts', "sent?.kind === 'otp' && !facts.authenticator ? undefined : sent", 'sent'],
    ],
  },
  {
    name: 'whoever has nothing left to prove it by is sent to prove it',
    tests: ['stories/account-passkeys-removal'],
    edits: [['src/account/overview-next.ts', 'if (passkeys.elsewhere === 0)', 'if (passkeys.elsewhere < 0)']],
  },
  {
    name: 'an account without any passkey is told that its passkey cannot be used here',
    tests: ['stories/account-passkeys-removal'],
    edits: [['src/sign-in/reauthenticate-page-routes.ts', 'none: !facts.password && !facts.passkeys', 'none: false']],
  },
  {
    name: 'accounts without passkeys are told of methods',
    tests: ['stories/passkey-credentials'],
    edits: [
      [
        'src/sign-in/credentials.ts',
        '...(facts.passkeys && { methods: methodsOf(facts) })',
        '...{ methods: methodsOf(facts) }',
      ],
    ],
  },
  {
    name: 'an account without a password is told apart',
    tests: ['stories/passkey-credentials', 'stories/strangers'],
    edits: [
      [
        'src/sign-in/credentials.ts',
        'return facts?.user.id;',
        "if (facts && !facts.password) throw new Problem('forbidden');\n      return facts?.user.id;",
      ],
    ],
  },
  {
    name: 'a program is told who has no second factor',
    tests: ['stories/passwordless-rescue'],
    edits: [['src/admin/routes.ts', '...(session && describeFactors(found))', '...describeFactors(found)']],
  },
  {
    name: 'a reset does not say that nobody gets in any more',
    tests: ['stories/passwordless-rescue'],
    edits: [
      [
        'src/admin/user.ts',
        "passwordLeft ? 'second-factors-reset' : 'no-way-in'",
        "passwordLeft || true ? 'second-factors-reset' : ''",
      ],
    ],
  },
];
