/** The part of `breaks.mjs` that is about browsers: half sign-ins, cookies, pages; and about the programs that pages let in. */

/** @type {readonly import('./breaks.mjs').Break[]} */
export const breaksInThePortal = [
  {
    name: 'a half sign-in opens what a session does',
    tests: ['stories/half-sign-in'],
    edits: [
      [
        'src/http/access.ts',
        "if (access === 'half signed in') {",
        "if (access === 'half signed in' || cookies.half) {",
      ],
    ],
  },
  {
    name: 'a half sign-in lives for ever',
    tests: ['stories/sign-in-codes'],
    edits: [['src/sign-in/store.ts', ".where('expires_at', '>', given.now)", '']],
  },
  {
    name: 'a half sign-in outlives what its password was judged by',
    tests: ['stories/half-sign-in-ends'],
    edits: [['src/sign-in/half-sign-in.ts', ' || judgedBy(facts) !== row.judged', '']],
  },
  {
    name: 'a half sign-in outlives it while its code is judged',
    tests: ['stories/half-sign-in-ends'],
    edits: [['src/sign-in/issue.ts', ' && judgedBy(current) === accepted.judged;', ';']],
  },
  {
    name: 'a half sign-in can be finished again',
    tests: ['stories/half-sign-in-ends'],
    edits: [
      [
        'src/sign-in/issue.ts',
        "if (half && !(await takeHalfSignIn(tx, half.id))) throw new Problem('unauthenticated');",
        '',
      ],
    ],
  },
  {
    name: 'half sign-ins of one account from one network are without number',
    tests: ['stories/half-sign-in-ends'],
    edits: [['src/sign-in/half-sign-in.ts', 'await deleteOldHalfSignIns(tx, { userId, network }, most - 1);', '']],
  },
  {
    name: 'whoever knows the password pushes out the half sign-in of the owner',
    tests: ['stories/half-sign-in-limits'],
    edits: [['src/sign-in/store.ts', ".where('network', '=', given.network)", '']],
  },
  {
    name: 'a late code makes the password young again',
    tests: ['stories/half-sign-in-limits'],
    edits: [['src/sign-in/issue.ts', '(half?.passwordAt ?? now)', 'now']],
  },
  {
    name: 'ending all sessions leaves what is on the way to one',
    tests: ['stories/half-sign-in-limits'],
    edits: [['src/sign-in/end-sessions.ts', 'await deleteHalfSignIns(tx, userId);', '']],
  },
  {
    name: 'the session before goes on when one signs in again',
    tests: ['stories/sign-in-pages'],
    edits: [
      ['src/sign-in/issue.ts', 'if (replaces !== undefined) await endHeld(tx, parts, replaces, client, now);', ''],
    ],
  },
  {
    name: 'signing out forgets the cookie alone',
    tests: ['stories/sign-in-ways'],
    edits: [['src/sign-in/sign-out.ts', 'if (token) await endHeld(tx, parts, token, client, now);', '']],
  },
  {
    name: 'the clock hint looks at codes of the future',
    tests: ['stories/clock-hint'],
    edits: [
      [
        'src/totp/code.ts',
        'const step = past.find((step)',
        'const step = [...past, ...past.map((each) => 2 * current - each)].find((step)',
      ],
    ],
  },
  {
    name: 'writes with a cookie come from anywhere',
    tests: ['cross-site'],
    edits: [['src/http/access.ts', '!reads(request) && !sameOrigin(request.headers, origins())', 'false']],
  },
  {
    name: 'people are sent on to other hosts',
    tests: ['return-targets'],
    edits: [
      ['src/http/return-to.ts', ' || !localPath.test(given)', ''],
      [
        'src/http/return-to.ts',
        'return origin === here && pathname + search === given ? given : undefined;',
        'return given;',
      ],
    ],
  },
  {
    name: 'what looks like a path is followed anywhere',
    tests: ['return-targets'],
    edits: [['src/http/return-to.ts', ' || !localPath.test(given)', '']],
  },
  {
    name: 'dot segments lead past what was looked at',
    tests: ['return-targets'],
    edits: [['src/http/return-to.ts', ' && pathname + search === given ?', ' ?']],
  },
  {
    name: 'scripts can read the cookies',
    tests: ['cookies'],
    edits: [['src/http/cookies.ts', 'httpOnly: true', 'httpOnly: false']],
  },
  {
    name: 'forms of other sites bring the cookies',
    tests: ['cookies'],
    edits: [['src/http/cookies.ts', "sameSite: 'lax'", "sameSite: 'none'"]],
  },
  {
    name: 'cookies travel over plain HTTP',
    tests: ['cookies'],
    edits: [['src/http/cookies.ts', 'secure: https', 'secure: false']],
  },
  {
    name: 'other hosts can set the cookies',
    tests: ['cookies'],
    edits: [['src/http/cookies.ts', '`__Host-$', '`$']],
  },
  {
    name: 'a cookie outlives its session',
    tests: ['cookies'],
    edits: [['src/http/cookies.ts', 'Math.ceil((expiresAt - now) / second)', 'Math.ceil(expiresAt / second)']],
  },
  {
    name: 'pages run any script that stands in them',
    tests: ['pages'],
    edits: [['src/http/page.ts', "'script-src': \"'self'\"", "'script-src': \"'self' 'unsafe-inline'\""]],
  },
  {
    name: 'text becomes markup',
    tests: ['stories/admin-users-page'],
    edits: [['src/pages/html.ts', 'return escapeText(value);', 'return value;']],
  },
  {
    name: 'a link that carries a secret is told to other hosts',
    tests: ['pages'],
    edits: [
      [
        'src/http/page.ts',
        "'content-security-policy': policy, 'referrer-policy': 'strict-origin'",
        "'content-security-policy': policy, 'referrer-policy': 'unsafe-url'",
      ],
    ],
  },
  {
    name: 'a service token opens every route',
    tests: ['stories/service-tokens'],
    edits: [['src/http/access.ts', "if (access !== 'administrator or service token')", 'if (false)']],
  },
  {
    name: 'a service token changes administrators',
    tests: ['stories/service-tokens'],
    edits: [['src/admin/actor.ts', 'if (user.administrator) refuseProgram(', 'if (false) refuseProgram(']],
  },
  {
    name: 'a service token outlives the role of its maker',
    tests: ['stories/service-tokens'],
    edits: [['src/admin/actor.ts', 'return maker?.administrator === true && !maker.disabled;', 'return true;']],
  },
  {
    name: 'a service token is not looked at again where it acts',
    tests: ['stories/service-tokens'],
    edits: [
      [
        'src/admin/actor.ts',
        "if (!token || !mayLend(await findUser(tx, token.createdBy))) throw new Problem('unauthenticated');",
        'if (!token) return;',
      ],
    ],
  },
  {
    name: 'giving an account back arms the service tokens that it has made',
    tests: ['stories/service-tokens'],
    edits: [['src/admin/accounts.ts', 'await serviceTokens.revoke(tx, id, now);', '']],
  },
  {
    name: 'a link to choose a password outlives that its account becomes an administrator',
    tests: ['stories/rescue'],
    edits: [['src/admin/accounts.ts', 'await passwords.voidLink(tx, userId);', '']],
  },
  {
    name: 'when a session was proved is when its password was, though a passkey has come since',
    tests: ['stories/passkey-factors'],
    edits: [
      [
        'src/sign-in/current-session.ts',
        'Math.max(passwordAt ?? 0, secondFactor?.at ?? 0)',
        'passwordAt ?? secondFactor?.at ?? 0',
      ],
    ],
  },
  {
    name: 'whatever a browser sends as the token of its ceremony is kept',
    tests: ['stories/passkey-pages'],
    edits: [['src/sign-in/passkey-options.ts', 'held !== undefined && ceremonyToken.test(held)', 'held !== undefined']],
  },
  {
    name: 'a passkey alone on the sign-in page is not counted',
    tests: ['metrics'],
    edits: [
      ['src/sign-in/passkey-page-routes.ts', 'client, browser);\n      count(outcome.result);', 'client, browser);'],
    ],
  },
  {
    name: 'a passkey after the password is not counted',
    tests: ['metrics'],
    edits: [
      ['src/sign-in/passkey-page-routes.ts', 'cookies.session);\n      count(outcome.result);', 'cookies.session);'],
    ],
  },
];
