/** `node bench/data/capacity.ts`: the arithmetic of docs/how-to/capacity.md, from the figures at its top. */

/** As measured; times in ms, sizes in bytes. */
const figures = {
  hash: 7.9,
  signIn: { sqlite: 2.5, postgres: 3.9, server: 4.0 },
  check: { sqlite: 0.042, postgres: 0.3, server: 0.23 },
  /** With a password, and with a code besides; half of the people have an authenticator. A note of when sessions were last seen. */
  turn: { password: { trips: 12, commits: 2 }, code: { trips: 22, commits: 4 }, notes: { trips: 2, commits: 1 } },
  /** A user with one session, two known browsers, and by half an authenticator with ten recovery codes; a row of the log. */
  sqlite: { user: 104 + 299 + 341 + 2 * 331 + (216 + 10 * 132) / 2, audit: 330 },
  postgres: { user: 165 + 348 + 453 + 2 * 447 + (295 + 10 * 188) / 2, audit: 502 },
};

/** What a network and a disk add: one round trip to the server, one commit that is on its disk. */
const trip = 0.3;
const commit = 1;

/** What people do. */
const peak = 4;
const present = 0.05;
const checkEvery = 10;
const rowsPerSignIn = 1.5;
const retentionDays = 400;

const shown = (value: number): string => Number(value.toPrecision(2)).toLocaleString('en');

function needs(users: number, daysPerSignIn: number): Record<string, string> {
  const signIns = (users / daysPerSignIn / 86_400) * peak;
  const checks = (users * present) / checkEvery;
  // Once a second for each instance, up to 500 sessions at a time.
  const notes = Math.max(1, (users * present) / 60 / 500);
  const { hash, signIn, check, turn, sqlite, postgres } = figures;
  const held = ({ trips, commits }: { trips: number; commits: number }): number => trips * trip + commits * commit;
  const rows = (retentionDays / daysPerSignIn) * rowsPerSignIn;
  const cores = (ms: number): string => shown(ms / 1000);
  const disk = (bytes: number): string => `${shown((bytes * users) / 1e9)} GB`;
  return {
    users: shown(users),
    'days a sign-in': String(daysPerSignIn),
    'sign-ins a second': shown(signIns),
    'checks a second': shown(checks),
    'cores for hashes': cores(signIns * hash),
    'event loop, SQLite': cores(signIns * signIn.sqlite + checks * check.sqlite),
    'event loops, PostgreSQL': cores(signIns * signIn.postgres + checks * check.postgres),
    'cores of PostgreSQL': cores(signIns * signIn.server + checks * check.server),
    'turns, sign-ins': cores((signIns * (held(turn.password) + held(turn.code))) / 2),
    'turns, notes': cores(notes * held(turn.notes)),
    'people, SQLite': disk(sqlite.user),
    'log, SQLite': disk(sqlite.audit * rows),
    'people, PostgreSQL': disk(postgres.user),
    'log, PostgreSQL': disk(postgres.audit * rows),
  };
}

const all = [1, 30].flatMap((days) => [1e5, 1e6, 1e7, 1e9].map((users) => needs(users, days)));
for (const name of Object.keys(all[0] ?? {}))
  process.stdout.write(`| ${name} | ${all.map((each) => each[name]).join(' | ')} |\n`);
