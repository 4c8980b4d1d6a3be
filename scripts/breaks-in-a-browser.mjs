/** The part of `breaks.mjs` that is about browsers: how a sign-in goes from page to page, and what other sites send. */

/** @type {readonly import('./breaks.mjs').Break[]} */
export const breaksInABrowser = [
  {
    name: 'the token of a half sign-in is stored as it is',
    tests: ['stories/half-sign-in'],
    edits: [
      ['src/sign-in/half-sign-in.ts', 'token_hash: hash,', 'token_hash: Buffer.from(token),'],
      ['src/sign-in/half-sign-in.ts', '{ token_hash: hashToken(token) }', '{ token_hash: Buffer.from(token) }'],
    ],
  },
  {
    name: 'a half sign-in is not looked at again in the transaction that makes the session',
    tests: ['stories/half-sign-in-ends'],
    edits: [
      ['src/sign-in/issue.ts', '!stands || (half && !(await selectHalfSignIn(tx, { id: half.id }, now)))', '!stands'],
      [
        'src/sign-in/issue.ts',
        "if (half && !(await takeHalfSignIn(tx, half.id))) throw new Problem('unauthenticated');",
        'if (half) await takeHalfSignIn(tx, half.id);',
      ],
    ],
  },
  {
    name: 'signing out leaves the half sign-in',
    tests: ['stories/half-sign-in-ends'],
    edits: [['src/sign-in/sign-out.ts', 'if (waiting) await takeHalfSignIn(tx, waiting.id);', '']],
  },
  {
    name: 'the JSON API makes half sign-ins',
    tests: ['stories/half-sign-in'],
    edits: [
      [
        'src/sign-in/credentials.ts',
        "if (!browser) return { result: 'otp required', ",
        "if (!browser) await beginHalf(tx, facts, { client, browserId }, undefined, now);\n      if (!browser) return { result: 'otp required', ",
      ],
    ],
  },
  {
    name: 'the JSON API sets a cookie',
    tests: ['stories/half-sign-in'],
    edits: [
      [
        'src/sign-in/routes.ts',
        'async handle({ query, body, client, request, reply }) {',
        'async handle({ query, body, client, cookies, request, reply }) {',
      ],
      [
        'src/sign-in/routes.ts',
        'const { status, headers, answer } = credentialsAnswer(outcome);',
        "if (outcome.result === 'signed in') cookies.keep('session', outcome.token, outcome.expiresAt);\n      const { status, headers, answer } = credentialsAnswer(outcome);",
      ],
    ],
  },
  {
    name: 'wrong codes on the page are not counted',
    tests: ['stories/sign-in-codes'],
    edits: [
      [
        'src/sign-in/note-refused.ts',
        "throttle.settle(tx, ticket, 'wrong', now)",
        "throttle.settle(tx, ticket, 'right', now)",
      ],
    ],
  },
  {
    name: 'the password stands on the page',
    tests: ['stories/sign-in-pages'],
    edits: [
      [
        'src/sign-in/page-routes.ts',
        '{ name, returnTo: wanted, error }',
        '{ name: name + password, returnTo: wanted, error }',
      ],
    ],
  },
  {
    name: 'proving again leaves the old token',
    tests: ['stories/reauthenticating'],
    edits: [
      [
        'src/sign-in/reauthenticate.ts',
        'token: await sessions.renew(tx, session.id)',
        'token: (await sessions.issue(tx, { userId, secondFactor, client }, now)).token',
      ],
    ],
  },
  {
    name: 'one late code is taken for a clock',
    tests: ['stories/clock-hint'],
    edits: [
      ['src/sign-in/half-sign-in.ts', 'before?.late_by === late.steps && before.late_step !== late.step ?', 'before ?'],
    ],
  },
  {
    name: 'used codes are taken for a clock',
    tests: ['stories/clock-hint'],
    edits: [['src/totp/totp.ts', 'late && late.step > opened.after ? late : undefined', 'late']],
  },
  {
    name: 'forms may lead to another host',
    tests: ['return-targets'],
    edits: [['src/http/return-to.ts', '.transform((given) => returnTarget(given))', '']],
  },
  {
    name: 'a page that was left open acts for whoever is signed in now',
    tests: ['stories/left-open'],
    edits: [['src/http/page.ts', 'mustBeTheirs(call);', '']],
  },
  {
    name: 'a page that was left open acts for whoever is half signed in now',
    tests: ['stories/left-open'],
    edits: [['src/http/page.ts', '(session ?? half)?.name', 'session?.name']],
  },
  {
    name: 'a copy of the cookie outlives the enrolment',
    tests: ['stories/renewed-cookie'],
    edits: [
      ['src/account/authenticator.ts', 'const inBrowser = cookies.session !== undefined;', 'const inBrowser = false;'],
    ],
  },
  {
    name: 'a copy of the cookie outlives the password',
    tests: ['stories/renewed-cookie'],
    edits: [
      ['src/account/password.ts', 'const inBrowser = cookies.session !== undefined;', 'const inBrowser = false;'],
    ],
  },
  {
    name: 'a cookie that was planted beside ours is taken',
    tests: ['cookies'],
    edits: [['src/http/cookies.ts', 'return twice ? undefined : ', 'return ']],
  },
  {
    name: 'forms of other sites sign people in',
    tests: ['cross-site'],
    edits: [['src/http/http.ts', "page && request.method === 'POST' && !sameOrigin(", 'false && !sameOrigin(']],
  },
  {
    name: 'a site beside ours counts as ours',
    tests: ['cross-site'],
    edits: [['src/http/same-origin.ts', "return site === 'same-origin'", "return site.startsWith('same-')"]],
  },
  {
    name: 'a write that says nothing is taken',
    tests: ['cross-site'],
    edits: [['src/http/same-origin.ts', 'headers.origin !== undefined && own', 'headers.origin === undefined || own']],
  },
  {
    name: 'a page that stood open answers an old challenge',
    tests: ['browser/passkeys-left-open', 'browser/passkeys-sign-in'],
    edits: [['src/pages/assets/passkeys.js', 'Date.now() - madeAt < goodFor(options)', 'madeAt > 0']],
  },
  {
    name: 'a page that stood open is loaded anew, and what was typed there is lost',
    tests: ['browser/passkeys-account', 'browser/passkeys-left-open'],
    edits: [
      [
        'src/pages/assets/passkeys.js',
        'renew === undefined ? fromPage(form)',
        'renew === undefined ? Promise.resolve()',
      ],
    ],
  },
  {
    name: 'the script may ask nothing of the service',
    tests: ['browser/passkeys-left-open', 'browser/passkeys-sign-in'],
    edits: [['src/http/page.ts', "  'connect-src': \"'self'\",\n", '']],
  },
  {
    name: 'a device that answers by itself is asked on where its passkey was refused',
    tests: ['stories/passkey-pages'],
    edits: [['src/sign-in/page.ts', 'inList: !refused,', 'inList: true,']],
  },
  {
    name: 'the page of a new passkey, loaded again, says that it was refused',
    tests: ['stories/account-passkeys-again'],
    edits: [['src/account/passkeys.ts', 'await isThere(error, session, answer, parts)', 'false']],
  },
  {
    name: 'whatever comes too late is said to have made a passkey',
    tests: ['stories/account-passkeys-again'],
    edits: [
      ['src/account/passkeys.ts', "all.some(({ credentialId }) => credentialId.toString('base64url') === id)", 'true'],
    ],
  },
  {
    name: 'a page without a button for passkeys does not say at which address there is one',
    tests: ['browser/passkeys-nowhere'],
    edits: [['src/sign-in/page.ts', 'notHere(options && origin)', 'notHere(undefined)']],
  },
];
