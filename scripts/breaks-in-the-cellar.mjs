/** The part of `breaks.mjs` that is about what an operator keeps: keys, the audit log, the clock, the doctor. */

/** @type {readonly import('./breaks.mjs').Break[]} */
export const breaksInTheCellar = [
  {
    name: 'a value sealed with an old key is left so',
    tests: ['key-rotation'],
    edits: [['src/totp/totp.ts', '      await resealBound(tx, userId);', '']],
  },
  {
    name: 'a key is made active that a live instance lacks',
    tests: ['key-instances'],
    edits: [['src/upkeep/rotate.ts', '({ keyIds }) => !keyIds.includes(id)', '() => false']],
  },
  {
    name: 'a lost key is given up while an instance lives',
    tests: ['lost-keys'],
    edits: [['src/upkeep/rotate.ts', '  const [live] = instances;', '  const [live]: LiveInstance[] = [];']],
  },
  {
    name: 'a key file open to all is taken',
    tests: ['lost-keys'],
    edits: [['src/upkeep/key-file.ts', 'const forbiddenMode = 0o026;', 'const forbiddenMode = 0o022;']],
  },
  {
    name: 'the mac of a row leaves out the one before',
    tests: ['../src/audit/chains/form', '../src/audit/chains/tampering'],
    edits: [['src/audit/chains/form.ts', '.update(previous).update(text)', '.update(text)']],
  },
  {
    name: 'the end of a chain is not looked at',
    tests: ['../src/audit/chains/tampering'],
    edits: [['src/audit/chains/walk.ts', 'if (link < record.length) {', 'if (link < 0) {']],
  },
  {
    name: 'chains that are missing are not missed',
    tests: ['../src/audit/chains/tampering'],
    edits: [['src/audit/chains/judge.ts', 'yield* gaps(numbers, register.first, register.last);', '']],
  },
  {
    name: 'rows go a moment too early',
    tests: ['../src/audit/chains/retention'],
    edits: [['src/audit/chains/store.ts', 'from past where at >= ', 'from past where at > ']],
  },
  {
    name: 'the checkpoint is not moved when rows go',
    tests: ['../src/audit/chains/retention'],
    edits: [['src/audit/chains/retention.ts', 'await updateRecord(tx, record.number, change);', '']],
  },
  {
    name: 'the register stays signed with a key that was lost',
    tests: ['../src/audit/chains/lost-key'],
    edits: [['src/audit/chains/lost-key.ts', 'if (register?.key_id === lostId)', "if (register?.key_id === '')"]],
  },
  {
    name: 'codes are judged by a clock that is behind',
    tests: ['stories/clock-rule'],
    edits: [['src/sign-in/judge.ts', '    await mustKnowTime();\n    const browser', '    const browser']],
  },
  {
    name: 'accepting the clock revives the code of the next step',
    tests: ['stories/clock-rule'],
    edits: [['src/totp/totp.ts', 'lowerSteps(tx, stepAt(now) + 1)', 'lowerSteps(tx, stepAt(now))']],
  },
  {
    name: 'accepting the clock leaves sessions',
    tests: ['stories/clock-rule'],
    edits: [['src/sign-in/end-sessions.ts', 'sessions: await sessions.endAll(tx)', 'sessions: 3']],
  },
  {
    name: 'a sealed column is forgotten',
    tests: ['sealed', 'key-rotation'],
    edits: [['src/upkeep/sealed-columns.ts', "  { kind: 'new authenticator', column: sealedPendingSecrets },\n", '']],
  },
  {
    name: 'the doctor opens each value in the place of any row',
    tests: ['doctor-keys'],
    edits: [
      [
        'src/upkeep/doctor-keys.ts',
        'if (!tryOpen(keyring, placeIn(column, id), sealed))',
        'if (!values.some((one) => tryOpen(keyring, placeIn(column, one.id), sealed)))',
      ],
    ],
  },
  {
    name: 'the doctor does not miss the active key',
    tests: ['doctor-keys'],
    edits: [['src/upkeep/doctor-keys.ts', 'if (active !== undefined && !held)', 'if (active === undefined)']],
  },
  {
    name: 'a sweep keeps everybody waiting until all is gone',
    tests: ['stories/many-over'],
    edits: [['src/database/sql/expired.ts', 'sweptAtOnce = 50;', 'sweptAtOnce = 50_000;']],
    all: true,
  },
  {
    name: 'a sweep goes no further than its first few rows',
    tests: ['stories/many-over'],
    edits: [['src/database/sql/expired.ts', "? 'more' : undefined", '? undefined : undefined']],
  },
  {
    name: 'of the sessions that have rested only the first ones are found',
    tests: ['stories/many-over'],
    edits: [['src/sessions/rested.ts', 'after = end;', 'after = undefined;']],
  },
  {
    name: 'an administrator is looked for among everybody',
    tests: ['by-an-index'],
    edits: [['src/users/store.ts', 'sql.lit(1)', '1']],
    all: true,
  },
  {
    name: 'the command line says that a session by a passkey alone has proved a password',
    tests: ['cli/passkeys'],
    edits: [['src/cli/session.ts', 'proved: proofsOf(each)', "proved: ['password', ...proofsOf(each)]"]],
  },
  {
    name: 'a start under an IP address says nothing of passkeys',
    tests: ['cli/passkeys'],
    edits: [['src/cli/serve.ts', '  await sayWithoutPasskeys(call);', '']],
  },
  {
    name: 'the audit row of a refused passkey does not say which it was',
    tests: ['stories/which-passkey'],
    edits: [['src/sign-in/note-refused.ts', 'passkey_reason: wrong.reason, ...which', 'passkey_reason: wrong.reason']],
  },
  {
    name: 'the audit row of a passkey whose account is disabled does not say which it was',
    tests: ['stories/which-passkey'],
    edits: [['src/sign-in/with-passkey.ts', "reason: 'signature', passkeyId }", "reason: 'signature' }"]],
  },
  {
    name: 'the owner does not read which passkey was refused',
    tests: ['stories/which-passkey', '../src/audit/words'],
    edits: [
      [
        'src/audit/words.ts',
        "'sign_in.refused': refusal,",
        "'sign_in.refused': (row) => refusal({ ...row, passkey: undefined }),",
      ],
    ],
  },
];
