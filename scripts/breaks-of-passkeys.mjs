/** The part of `breaks.mjs` that is about passkeys. */

/** @type {readonly import('./breaks.mjs').Break[]} */
export const breaksOfPasskeys = [
  {
    name: 'a challenge may be answered again',
    tests: ['stories/passkeys', 'attacks/a-36-challenges'],
    edits: [['src/passkeys/store.ts', '(await spend.run(tx, { hash, expiresAt })) === 1', 'true']],
  },
  {
    name: 'a passkey added in a browser leaves the old cookie good',
    tests: ['stories/account-passkeys'],
    edits: [
      [
        'src/account/passkeys.ts',
        'signIn.passkeys.add(session, { answer, name }, client, { inBrowser })',
        'signIn.passkeys.add(session, { answer, name }, client)',
      ],
    ],
  },
  {
    name: 'the page of the own passkeys opens to whoever is signed in, however long ago',
    tests: ['stories/account-passkeys'],
    edits: [
      [
        'src/account/passkeys.ts',
        "method: 'GET',\n    url,\n    access: 'fresh or enrolling'",
        "method: 'GET',\n    url,\n    access: 'signed in'",
      ],
    ],
  },
  {
    name: 'the form that removes a passkey says by itself that nobody need sign in any more',
    tests: ['stories/account-passkeys-removal'],
    edits: [['src/account/passkeys.ts', '{ noWayIn: body.accept !== undefined }', '{ noWayIn: true }']],
  },
  {
    name: 'the last way in is removed like any other',
    tests: ['stories/account-passkeys-removal'],
    edits: [['src/account/removal.ts', "? 'last way in'", "? 'harmless'"]],
  },
  {
    name: 'that the password alone will open the account is not said before',
    tests: ['stories/account-passkeys-removal'],
    edits: [['src/account/removal.ts', "? 'last second factor' : 'codes alone'", "? 'harmless' : 'codes alone'"]],
  },
  {
    name: 'a browser is not told which passkeys are left',
    tests: ['stories/account-passkeys-removal'],
    edits: [['src/account/passkey-signals.ts', 'usable.map(({ credentialId })', '[].map(({ credentialId })']],
  },
  {
    name: 'after the last passkey the browser is told nothing',
    tests: ['stories/account-passkeys-removal'],
    edits: [['src/account/overview.ts', "done === 'passkeys-off'", "done === 'passkeys'"]],
  },
  {
    name: 'a passkey that may have been copied is told to nobody',
    tests: ['stories/account-passkeys'],
    edits: [
      ['src/account/overview-page.ts', 'overview.copied && copied(overview.copied, overview.passkeyNames)', 'false'],
    ],
  },
  {
    name: 'the account that nobody can sign in to is called well protected',
    tests: ['stories/account-passkeys-removal'],
    edits: [['src/account/overview-next.ts', 'if (!password && passkeys.here === 0) return noWayIn(overview);', '']],
  },
  {
    name: 'the well-known addresses are those that a request says of itself',
    tests: ['stories/well-known'],
    edits: [
      ['src/account/well-known.ts', 'async handle() {', 'async handle({ request }) {'],
      [
        'src/account/well-known.ts',
        'passkeys.relyingParty()?.origin',
        "'https://'.concat(String(request.headers.host))",
      ],
    ],
  },
  {
    name: 'an answer to the sign-in page is good in any browser',
    tests: ['stories/passkey-pages'],
    edits: [['src/sign-in/passkey-options.ts', 'signIn(cookies.ceremony)', "signIn('csc_'.padEnd(47, 'x'))"]],
  },
  {
    name: 'the sign-in page offers passkeys where there can be none',
    tests: ['stories/passkey-pages'],
    edits: [['src/sign-in/passkey-options.ts', 'passkeys.relyingParty() !== undefined', 'true']],
  },
  {
    name: 'a passkey that another account has is taken for unknown',
    tests: ['stories/passkey-pages'],
    edits: [
      [
        'src/sign-in/passkey-page-routes.ts',
        "outcome.reason === 'unknown_credential'",
        "outcome.reason !== 'challenge'",
      ],
    ],
  },
  {
    name: 'a passkey alone leaves the session that the browser had before',
    tests: ['stories/passkey-pages'],
    edits: [
      [
        'src/sign-in/passkey-page-routes.ts',
        'const browser = { returnTo: wanted, replaces: cookies.session };',
        'const browser = { returnTo: wanted, replaces: undefined };',
      ],
    ],
  },
  {
    name: 'the page for the second passkey may be somebody else’s',
    tests: ['stories/passkey-after-password'],
    edits: [
      [
        'src/http/page.ts',
        'if (name === undefined || said === undefined || said === name) return;',
        'if (name === undefined || said === undefined || said) return;',
      ],
    ],
  },
  {
    name: 'where a passkey is the only second factor, a code is asked for that nobody has',
    tests: ['stories/passkey-after-password'],
    edits: [['src/sign-in/page-routes.ts', "(field === 'otp' ? ledOn(half, field) : undefined)", 'half && undefined']],
  },
  {
    name: 'the password alone is asked for again where a passkey is the second factor',
    tests: ['stories/passkey-after-password'],
    edits: [['src/sign-in/reauthenticate-page-routes.ts', "passkeys ? 'recovery_code' : 'no code'", "'no code'"]],
  },
  {
    name: 'the list of the name field stays open while the button asks',
    tests: ['browser/passkeys-sign-in'],
    edits: [['src/pages/assets/passkeys.js', '  asking.abort();\n', '']],
  },
  {
    name: 'the list of the name field is not offered again after a cancel',
    tests: ['browser/passkeys-sign-in'],
    edits: [['src/pages/assets/passkeys.js', '  if (told !== sent) void offerInList(form, questions);\n', '']],
  },
  {
    name: 'a button for passkeys is shown where no script can press it',
    tests: ['browser/passkeys-nowhere'],
    edits: [['src/pages/passkey.ts', 'html` data-conditional`} hidden>', 'html` data-conditional`}>']],
  },
  {
    name: 'a button for passkeys is shown under a name for which there are none',
    tests: ['browser/passkeys-nowhere'],
    edits: [
      ['src/pages/assets/passkeys.js', '  if ((asked.rpId ?? asked.rp?.id) !== location.hostname) return;\n', ''],
    ],
  },
  {
    name: 'a device is not told that its passkey is unknown',
    tests: ['browser/passkeys-sign-in'],
    edits: [['src/pages/assets/passkeys.js', 'if (place instanceof HTMLElement) tell(place);', 'place.remove();']],
  },
  {
    name: 'a cancel is shown as an error',
    tests: ['browser/passkeys-sign-in'],
    edits: [
      [
        'src/pages/assets/passkeys.js',
        "if (name === 'NotAllowedError' || name === 'AbortError') return '';",
        "if (name === 'AbortError') return '';",
      ],
    ],
  },
  {
    name: 'two scripts of one file use one name',
    tests: ['../src/pages/assets'],
    edits: [['src/pages/assets/passkeys.js', '=> timeout - 60_000;', '=> timeout - 60_000;\nconst units = 0;']],
  },
  {
    name: 'a program signs in by passkey with the cookies that its browser sends along',
    tests: ['attacks/a-07-owner-stays-in-by-passkey'],
    edits: [
      ['src/sign-in/passkey-routes.ts', 'const from = { ...client, browserTokens: [] };', 'const from = client;'],
    ],
  },
  {
    name: 'who proves nothing again is told that his password is wrong',
    tests: ['bad-input'],
    edits: [['src/sign-in/routes.ts', '? body.password !== undefined\n', '? true\n']],
  },
  {
    name: 'a passkey may be renamed by whoever has signed in, however long ago',
    tests: ['access'],
    edits: [
      [
        'src/passkeys/routes.ts',
        "url: '/auth/passkeys/:id',\n    access: 'fresh',\n    operationId: 'renamePasskey'",
        "url: '/auth/passkeys/:id',\n    access: 'signed in',\n    operationId: 'renamePasskey'",
      ],
    ],
  },
  {
    name: 'a credential is read in whatever alphabet it comes',
    tests: ['passkey-bodies'],
    edits: [['src/passkeys/shapes.ts', '.regex(/^[\\w-]+$/)', '.regex(/^/)']],
  },
  {
    name: 'a part of a credential may be as long as a body',
    tests: ['passkey-bodies'],
    edits: [['src/passkeys/shapes.ts', '.max(Math.ceil((most * 4) / 3))', '.max(100_000)']],
  },
  {
    name: 'the API says of a passkey that was added nothing but its name',
    tests: ['openapi', 'openapi-client'],
    edits: [
      [
        'src/passkeys/routes.ts',
        'send({ passkey: described(added.passkey), ...codes })',
        'send({ name: added.passkey.name })',
      ],
    ],
  },
  {
    name: 'the API does not say which codes there are for the first passkey',
    tests: ['how-to-passkeys'],
    edits: [['src/passkeys/routes.ts', '{ recovery_codes: added.recoveryCodes } : {}', '{} : {}']],
  },
  {
    name: 'whoever removes a passkey is a stranger in his own browser',
    tests: ['stories/account-passkeys-removal'],
    edits: [
      [
        'src/sign-in/passkey-factor.ts',
        'inBrowser ? goOn(tx, session, client, { was, proved: false }, now) : undefined',
        'undefined',
      ],
    ],
  },
  {
    name: 'a name that is no other one fills the log',
    tests: ['stories/account-passkeys'],
    edits: [['src/passkeys/passkeys.ts', 'if (before.name === name) return false;', '']],
  },
];
