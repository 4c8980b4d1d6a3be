/** The part of `breaks.mjs` that is about requests, answers and files: what stands between a stranger and a feature. */

/** @type {readonly import('./breaks.mjs').Break[]} */
export const breaksAtTheDoor = [
  {
    name: 'forms are taken from anywhere',
    tests: ['stories/setup'],
    edits: [['src/http/http.ts', "page && request.method === 'POST' && !sameOrigin(", 'false && !sameOrigin(']],
  },
  {
    name: 'a form that does not say where it comes from is taken',
    tests: ['stories/setup'],
    edits: [['src/http/same-origin.ts', 'headers.origin !== undefined && own', 'headers.origin === undefined || own']],
  },
  {
    name: 'a key may stand twice',
    tests: ['bad-input'],
    edits: [['src/http/body.ts', 'if (seen.has(key))', 'if (!seen)']],
  },
  {
    name: 'broken UTF-8 is mended',
    tests: ['bad-input'],
    edits: [['src/http/body.ts', 'fatal: true', 'fatal: false']],
  },
  { name: 'bodies may be large', tests: ['bad-input'], edits: [['src/http/body.ts', '= 16 * 1024;', '= 16e6;']] },
  {
    name: 'forged addresses are believed',
    tests: ['client-address'],
    edits: [['src/http/client.ts', 'if (!trusted(address)) return address;', '']],
  },
  {
    name: 'a proxy can be passed by',
    tests: ['client-address'],
    edits: [
      [
        'src/http/http.ts',
        "behindProxy && !isHealth(request) && !trusted(request.socket.remoteAddress ?? '')",
        'false',
      ],
    ],
  },
  {
    name: 'pages of other origins may send cookies',
    tests: ['headers'],
    edits: [['src/http/http.ts', '  maxAge: 600,\n', '  maxAge: 600,\n  credentials: true,\n']],
  },
  {
    name: 'a missing code is challenged with Basic',
    tests: ['stories/walk'],
    edits: [['src/sign-in/credentials-answer.ts', '\'OTP realm="Countersign"\'', 'basicChallenge']],
  },
  {
    name: 'a transaction takes the lock too late',
    tests: ['two-processes'],
    edits: [['src/database/sqlite/sqlite.ts', "sql === 'begin' ? 'begin immediate' : sql", 'sql']],
    all: true,
  },
  {
    name: 'what is acknowledged is not on disk',
    tests: ['stories/walk'],
    edits: [['src/database/sqlite/sqlite.ts', 'PRAGMA synchronous = FULL', 'PRAGMA synchronous = NORMAL']],
    all: true,
  },
  {
    name: 'files are there for everybody',
    tests: ['../src/database/database'],
    edits: [['src/database/sqlite/sqlite.ts', "'a', 0o600", "'a', 0o644"]],
  },
  {
    name: 'whoever hangs up leaves no line in the log',
    tests: ['hung-up'],
    edits: [['src/http/http.ts', 'inFlight.whoLeaves((reply) => tell(reply, gone));', '']],
  },
  {
    name: 'whoever hangs up is counted twice',
    tests: ['hung-up'],
    edits: [
      [
        'src/http/in-flight.ts',
        'if (reply) onLeft(reply);\n    end(this);',
        'if (reply) onLeft(reply), onLeft(reply);\n    end(this);',
      ],
    ],
  },
];
