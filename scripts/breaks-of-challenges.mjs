/** The part of `breaks.mjs` that is about what a passkey is asked, and whose answer it is. */

/** @type {readonly import('./breaks.mjs').Break[]} */
export const breaksOfChallenges = [
  {
    name: 'what was asked for one thing is answered for another',
    tests: ['../src/passkeys/challenge', 'attacks/a-36-challenges'],
    edits: [
      [
        'src/passkeys/challenge.ts',
        'JSON.stringify([purpose, boundTo])',
        'JSON.stringify([purpose.length < 0, boundTo])',
      ],
    ],
  },
  {
    name: 'what somebody was asked, anybody may answer',
    tests: ['../src/passkeys/challenge', 'attacks/a-36-challenges'],
    edits: [
      [
        'src/passkeys/challenge.ts',
        'JSON.stringify([purpose, boundTo])',
        'JSON.stringify([purpose, boundTo.length < 0])',
      ],
    ],
  },
  {
    name: 'a challenge is good for ever',
    tests: ['../src/passkeys/challenge', 'attacks/a-36-challenges'],
    edits: [['src/passkeys/challenge.ts', 'expiresAt <= now || expiresAt', 'expiresAt']],
  },
  {
    name: 'a challenge is good before it was made',
    tests: ['../src/passkeys/challenge'],
    edits: [
      [
        'src/passkeys/challenge.ts',
        'expiresAt <= now || expiresAt > now + clockTolerance + challengeLife',
        'expiresAt <= now',
      ],
    ],
  },
  {
    name: 'a challenge may be written in several ways, and answered as often',
    tests: ['../src/passkeys/challenge', 'attacks/a-36-challenges'],
    edits: [['src/passkeys/challenge.ts', " || bytes.toString('base64url') !== text", '']],
  },
  {
    name: 'an answer that was wrong may be tried again',
    tests: ['attacks/a-36-challenges'],
    edits: [
      [
        'src/passkeys/passkeys.ts',
        'if (!(await spendChallenge(tx, judged.challenge)))',
        "if ('refused' in judged) return judged.refused;\n  if (!(await spendChallenge(tx, judged.challenge)))",
      ],
    ],
  },
  {
    name: 'a new passkey that was refused may be tried again',
    tests: ['attacks/a-36-refused-registration', 'attacks/a-36-challenges'],
    edits: [
      [
        'src/sign-in/keep-passkey.ts',
        "if (!(await passkeys.refuse(tx, judged))) return 'challenge';",
        "if (passkeys.refuse.length < 0) return 'challenge';",
      ],
    ],
  },
  {
    name: 'a new passkey that was refused is written down as often as it is sent',
    tests: ['attacks/a-36-refused-registration'],
    edits: [
      [
        'src/sign-in/keep-passkey.ts',
        "if (!(await passkeys.refuse(tx, judged))) return 'challenge';",
        'await passkeys.refuse(tx, judged);',
      ],
    ],
  },
  {
    name: 'nobody hears of a new passkey that was refused',
    tests: ['attacks/a-36-refused-registration', 'security-log'],
    edits: [
      [
        'src/sign-in/keep-passkey.ts',
        "await noteSeldom(tx, audit, { event: 'passkey.registration_refused'",
        "void ({ event: 'passkey.registration_refused'",
      ],
    ],
  },
  {
    name: 'a passkey that is refused by a link is told as one by a session',
    tests: ['attacks/a-36-refused-registration'],
    edits: [
      [
        'src/sign-in/keep-passkey.ts',
        "{ passkey_reason: judged.refused, ...(by === 'link' && { by }) }",
        '{ passkey_reason: judged.refused }',
      ],
    ],
  },
  {
    name: 'a right answer is used up by a name that will not do',
    tests: ['attacks/a-36-refused-registration'],
    edits: [
      [
        'src/sign-in/passkey-factor.ts',
        '{ was: known, proved: true }, now) };\n      });',
        '{ was: known, proved: true }, now) };\n      }).catch(async (error) => {\n        await database.transaction((tx) => passkeys.refuse(tx, judged));\n        throw error;\n      });',
      ],
    ],
  },
  {
    name: 'which challenges were answered is forgotten while the clock may still be set back to them',
    tests: ['attacks/a-36-challenges'],
    edits: [['src/passkeys/passkeys.ts', 'Math.min(now, newest.at - minute)', 'now']],
  },
  {
    name: 'a passkey is judged whatever the clock says',
    tests: ['attacks/a-36-challenges'],
    edits: [['src/sign-in/judge.ts', '      await mustKnowTime();\n      const judged', '      const judged']],
  },
  {
    name: 'a new passkey is judged whatever the clock says',
    tests: ['attacks/a-36-challenges'],
    edits: [
      [
        'src/sign-in/judge.ts',
        '      await mustKnowTime();\n      return passkeys.verify(',
        '      return passkeys.verify(',
      ],
    ],
  },
  {
    name: 'a passkey of somebody else finishes a sign-in',
    tests: ['attacks/a-36-people'],
    edits: [
      ['src/passkeys/judging.ts', "if (userId !== undefined && passkey.userId !== userId) return 'signature';", ''],
    ],
  },
  {
    name: 'a handle may be another person’s',
    tests: ['attacks/a-36-answers'],
    edits: [['src/passkeys/judging.ts', "? passkey : 'signature';", '? passkey : passkey;']],
  },
  {
    name: 'whoever signs in with a passkey alone need not say who that is',
    tests: ['attacks/a-36-answers'],
    edits: [
      [
        'src/passkeys/judging.ts',
        "if (!userHandle) return userId === undefined ? 'signature' : passkey;",
        'if (!userHandle) return passkey;',
      ],
    ],
  },
  {
    name: 'a passkey that is removed while it is judged is called a copy',
    tests: ['attacks/a-36-people'],
    edits: [
      [
        'src/passkeys/passkeys.ts',
        "passkey.credentialId)) ? 'counter' : 'unknown_credential'",
        "passkey.credentialId)) ? 'counter' : 'counter'",
      ],
    ],
  },
  {
    name: 'the passkey of a disabled account is used up, and found out by that',
    tests: ['attacks/a-36-people'],
    edits: [
      [
        'src/sign-in/with-passkey.ts',
        '{ ticket, userId, passkeyId, forgo }: JudgedPasskey',
        '{ ticket, userId, passkeyId, spend }: JudgedPasskey',
      ],
      ['src/sign-in/with-passkey.ts', '(await forgo(tx)) ?? (', '(await spend(tx, clock())) && ('],
    ],
  },
  {
    name: 'a sign-in that could not be finished counts as a wrong passkey',
    tests: ['attacks/a-36-people'],
    edits: [
      [
        'src/sign-in/with-passkey.ts',
        'return judge.orGiveBack(ticket, async () => {',
        'return (async (_, work) => work())(ticket, async () => {',
      ],
    ],
  },
];
