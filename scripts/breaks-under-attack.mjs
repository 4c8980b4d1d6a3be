/** The part of `breaks.mjs` that is about who attacks: the throttle, known browsers, the alarm, what the log says. */

/** @type {readonly import('./breaks.mjs').Break[]} */
export const breaksUnderAttack = [
  {
    name: 'wrong codes of known browsers are not counted with the others',
    tests: ['../src/throttle/owners'],
    edits: [['src/throttle/tries.ts', "    { budget: 'allOtp', key },\n", '']],
  },
  {
    name: 'a right code forgives what was wrong elsewhere',
    tests: ['../src/throttle/owners'],
    edits: [['src/throttle/limits.ts', 'budget.charged - 1 - forgiven', '0']],
  },
  {
    name: 'at the cut-off parallel tries are judged',
    tests: ['../src/throttle/owners'],
    edits: [['src/throttle/limits.ts', 'budget.charged < shape.cutOff', 'settled < shape.cutOff']],
  },
  {
    name: 'each new network has a budget of its own',
    tests: ['../src/throttle/owners'],
    edits: [
      [
        'src/throttle/throttle.ts',
        "if (decide(room.place.stored, room.place.shape, at.now).may !== 'not')",
        'if (at.now > 0)',
      ],
    ],
  },
  {
    name: 'the networks of an IPv6 /48 are newcomers each',
    tests: ['../src/throttle/owners'],
    edits: [['src/throttle/tries.ts', 'return [password, ofSite, overAll,', 'return [password, overAll,']],
  },
  {
    name: 'a known browser is held up with its network',
    tests: ['../src/throttle/owners'],
    edits: [
      [
        'src/throttle/tries.ts',
        "if (browserId !== undefined) return [{ budget: 'password', key: ofBrowser(browserId) }];",
        '',
      ],
    ],
  },
  {
    name: 'a refused network is not remembered',
    tests: ['../src/throttle/owners'],
    edits: [['src/throttle/refused.ts', 'refusals.set(keyOf(attempt), { at: now, end });', '']],
  },
  {
    name: 'a known browser draws on the tries of its network',
    tests: ['stories/known-browsers'],
    edits: [
      ['src/sign-in/judge.ts', 'passwordTry(name, client.address, browserId)', 'passwordTry(name, client.address)'],
    ],
  },
  {
    name: 'a planted token comes to be known',
    tests: ['stories/known-browsers'],
    edits: [
      [
        'src/sessions/browsers/browsers.ts',
        'const known = sent.find(({ browser }) => browser.userId === userId);',
        'const [known] = sent;',
      ],
    ],
  },
  {
    name: 'a program comes to be a known browser',
    tests: ['stories/known-browsers'],
    edits: [['src/sign-in/issue.ts', "inBrowser && level === 'full' ?", "level === 'full' ?"]],
  },
  {
    name: 'known browsers outlive a change of password or factors',
    tests: ['stories/known-browsers-end'],
    edits: [
      [
        'src/sign-in/end-sessions.ts',
        'browsers: await browsers.forgetOthers(tx, userId, kept.browser),',
        'browsers: 0,',
      ],
    ],
  },
  {
    name: 'known browsers raise the alarm',
    tests: ['stories/alarm'],
    edits: [['src/sign-in/alarm.ts', 'known || !isAlarming(wrong)', '!isAlarming(wrong)']],
  },
  {
    name: 'the log does not say who was refused',
    tests: ['security-log'],
    edits: [
      [
        'src/http/access.ts',
        '  note(request, { session });\n  checkLevel(session, demands[access], !reads(request));',
        '  checkLevel(session, demands[access], !reads(request));\n  note(request, { session });',
      ],
    ],
  },
  {
    name: 'the log does not say why somebody was refused',
    tests: ['security-log'],
    edits: [['src/http/log.ts', 'if (caller) caller.problem = problem;', '']],
  },
  {
    name: 'wrong codes for a secret that waited outlive a reset',
    tests: ['stories/throttle-codes'],
    edits: [['src/sign-in/factor-changes.ts', 'await throttle.forget(tx, pendingOtpTry(userId));', '']],
  },
  {
    name: 'wrong recovery codes outlive those that they were tried for',
    tests: ['stories/throttle-codes'],
    edits: [['src/sign-in/factor-changes.ts', 'await throttle.forget(tx, recoveryCodeTry(userId));', '']],
  },
  {
    name: 'wrong codes of an authenticator outlive a reset',
    tests: ['stories/throttle-codes'],
    edits: [['src/sign-in/factor-changes.ts', 'if (bound) await throttle.forget(tx, otpTry(userId, bound.id));', '']],
  },
  {
    name: 'a right code counts as wrong where the account changes while it proves a session again',
    tests: ['stories/overtaken'],
    edits: [
      ['src/sign-in/reauthenticate.ts', "if (code) await throttle.settle(tx, code.ticket, 'unjudged', now);", ''],
    ],
  },
];
