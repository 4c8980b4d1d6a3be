/** The part of `breaks.mjs` that is about what an operator keeps: keys, the audit log, the clock, the doctor. */

/** @type {readonly import('./breaks.mjs').Break[]} */
export const breaksInTheCellar = [
  {
    name: 'a value sealed with an old key is left so',
    tests: ['key-rotation'],
    edits: [['src/totp/totp.ts', '      await resealBound(tx, userId);', '']],
  },
  {
    name: 'the counts of the throttle end with a key',
    tests: ['key-rotation'],
    edits: [
      [
        'src/upkeep/rotate.ts',
        '(lost ? remakeThrottleSecret(tx, keyring) : resealThrottleSecret(tx, keyring))',
        'remakeThrottleSecret(tx, keyring)',
      ],
    ],
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
    name: 'an instance that lacks the active key says that it is ready',
    tests: ['key-instances'],
    edits: [['src/upkeep/routes.ts', 'if (parts.instance.lacksKey())', 'if (parts.draining())']],
  },
  {
    name: 'a key file open to all is taken',
    tests: ['lost-keys'],
    edits: [['src/upkeep/key-file.ts', 'const forbiddenMode = 0o026;', 'const forbiddenMode = 0o022;']],
  },
  {
    name: 'a link to keys in the data folder is followed',
    tests: ['lost-keys'],
    edits: [['src/upkeep/key-file.ts', '    await refuseWithin(keyFile, data);', '']],
  },
  {
    name: 'the mac of a row leaves out the one before',
    tests: ['../src/audit/chains/form', '../src/audit/chains/tampering'],
    edits: [['src/audit/chains/form.ts', '.update(previous).update(text)', '.update(text)']],
  },
  {
    name: 'a record that somebody has changed is gone on with',
    tests: ['../src/audit/chains/tampering'],
    edits: [
      [
        'src/audit/chains/ledger.ts',
        'isOwn && keys.fits({ ...found, length: found.length - 1 }) ? found : undefined',
        'found',
      ],
    ],
  },
  {
    name: 'the end of a chain is not looked at',
    tests: ['../src/audit/chains/tampering'],
    edits: [['src/audit/chains/walk.ts', 'if (link < record.length) {', 'if (link < 0) {']],
  },
  {
    name: 'a row of no chain is always taken for an old one',
    tests: ['../src/audit/chains/tampering'],
    edits: [['src/audit/chains/judge.ts', 'chain === null && sequence > 0 && sequence < since', 'chain === null']],
  },
  {
    name: 'chains that are missing are not missed',
    tests: ['../src/audit/chains/tampering'],
    edits: [['src/audit/chains/judge.ts', 'yield* gaps(numbers, register.first, register.last);', '']],
  },
  {
    name: 'the end of the own chain may be put back with an older copy of its record',
    tests: ['../src/audit/chains/old-copies'],
    edits: [['src/audit/chains/ledger.ts', 'return isOwn && keys.fits', 'return keys.fits']],
  },
  {
    name: 'a beginning of the chains that nobody has signed is signed',
    tests: ['../src/audit/chains/old-copies'],
    edits: [['src/audit/chains/keys.ts', ' && since === null', '']],
  },
  {
    name: 'a count of rows that somebody has wound up numbers the next row',
    tests: ['../src/audit/chains/odd-cells'],
    edits: [['src/database/next-of.ts', ' and seq < ', ' and 0 < ']],
  },
  {
    name: 'a row that the database dropped in silence counts as written',
    tests: ['../src/audit/chains/odd-cells'],
    edits: [['src/audit/chains/store.ts', 'if (written === 1n) return;', 'return;']],
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
    name: 'a sweep takes rows that were put in',
    tests: ['../src/audit/chains/retention'],
    edits: [['src/audit/chains/store.ts', '(chain is null and sequence', '(chain is null or sequence']],
  },
  {
    name: 'many rows of a clock that ran ahead stop the sweep',
    tests: ['../src/audit/chains/retention'],
    edits: [['src/audit/chains/store.ts', "        .where('at', '<=', now)\n", '']],
  },
  {
    name: 'the register stays signed with a key that was lost',
    tests: ['../src/audit/chains/lost-key', 'cli/audit'],
    edits: [['src/audit/chains/lost-key.ts', 'if (register?.key_id === lostId)', "if (register?.key_id === '')"]],
  },
  {
    name: 'the sweep stops after the first few rows of the log',
    tests: ['clean-up'],
    edits: [
      [
        'src/upkeep/upkeep.ts',
        "while ((await database.transaction((tx) => each(tx, now))) === 'more');",
        'await database.transaction((tx) => each(tx, now));',
      ],
    ],
  },
  {
    name: 'audit verify succeeds whatever it finds',
    tests: ['cli/audit'],
    edits: [['src/cli/audit.ts', 'if (ok) return;', 'return;']],
  },
  {
    name: 'codes are judged by a clock that is behind',
    tests: ['stories/clock-rule'],
    edits: [['src/sign-in/judge.ts', '      if (isOtp) await mustKnowTime();\n', '']],
  },
  {
    name: 'readiness does not look at the clock',
    tests: ['stories/clock-rule'],
    edits: [['src/upkeep/routes.ts', 'if (await parts.clockCheck.behind())', 'if (parts.draining())']],
  },
  {
    name: 'an accepted clock is forgotten',
    tests: ['stories/clock-rule'],
    edits: [['src/upkeep/accept-clock.ts', '      await insertClockReset(tx, await lastSequence(tx), now);\n', '']],
  },
  {
    name: 'accepting the clock leaves spent steps in the future',
    tests: ['stories/clock-rule'],
    edits: [['src/totp/totp.ts', 'lowerSteps(tx, stepAt(now) + 1)', 'lowerSteps(tx, Number.MAX_SAFE_INTEGER)']],
  },
  {
    name: 'accepting the clock revives the code of the next step',
    tests: ['stories/clock-rule'],
    edits: [['src/totp/totp.ts', 'lowerSteps(tx, stepAt(now) + 1)', 'lowerSteps(tx, stepAt(now))']],
  },
  {
    name: 'accepting the clock leaves sessions',
    tests: ['stories/clock-rule'],
    edits: [['src/sign-in/end-sessions.ts', 'return sessions.endAll(tx);', 'return 3;']],
  },
  {
    name: 'accepting the clock leaves one-time links and tokens of programs',
    tests: ['stories/accepted-clock'],
    edits: [['src/service.ts', '[throttle, passwords, setup, serviceTokens]', '[throttle]']],
  },
  {
    name: 'accepting the clock leaves instances of the future',
    tests: ['stories/accepted-clock'],
    edits: [['src/upkeep/accept-clock.ts', '      await deleteInstancesSeenAfter(tx, now);\n', '']],
  },
  {
    name: 'a sealed column is forgotten',
    tests: ['sealed', 'key-rotation'],
    edits: [['src/upkeep/sealed-columns.ts', "  { kind: 'new authenticator', column: sealedPendingSecrets },\n", '']],
  },
  {
    name: 'a key is used before it is on the disk',
    tests: ['keys'],
    edits: [['src/upkeep/key-file.ts', '      await file.sync();\n', '']],
  },
  {
    name: 'a sweep that fails holds up the others',
    tests: ['clean-up'],
    edits: [['src/upkeep/upkeep.ts', 'errors.push(error);', 'throw error;']],
  },
  {
    name: 'a failure while a server starts is taken for one of the file',
    tests: ['../src/database/inspect'],
    edits: [['src/database/inspect.ts', 'if (!disturbed()) throw error;', 'throw error;']],
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
    name: 'the doctor does not see a file open to all',
    tests: ['doctor'],
    edits: [['src/upkeep/doctor-files.ts', "reachable ? { ...open, state: 'failure' } : open", 'open']],
  },
  {
    name: 'the doctor ends well where there is a failure',
    tests: ['cli/doctor'],
    edits: [['src/cli/doctor.ts', 'if (failures > 0)', 'if (failures > 99)']],
  },
];
