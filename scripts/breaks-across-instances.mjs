/** Breaks of what holds over several instances, and over what happens to a database; see breaks.mjs. */

/** @type {readonly import('./breaks.mjs').Break[]} */
export const breaksAcrossInstances = [
  {
    name: 'writers on PostgreSQL do not take turns',
    tests: ['../src/database/schema/migrate-at-once'],
    edits: [['src/database/postgres/postgres.ts', '      await takeTurn(tx, limits);\n', '']],
    all: true,
  },
  {
    name: 'what may have been kept is run again',
    tests: ['databases/postgres-turns'],
    edits: [['src/database/turns.ts', "engine.judge(error)?.kind === 'undone' && runs", 'runs']],
  },
  {
    name: 'a backup is read while others write',
    tests: ['databases/backup'],
    edits: [
      [
        'src/database/postgres/postgres.ts',
        "setIsolationLevel('repeatable read')",
        "setIsolationLevel('read committed')",
      ],
    ],
  },
  {
    name: 'the signature of a backup is not looked at',
    tests: ['../src/upkeep/backup/format'],
    edits: [['src/upkeep/backup/format.ts', 'if (isOurs) return;', 'return;']],
  },
  {
    name: 'the signature of a mark is not looked at',
    tests: ['databases/mark-believed'],
    edits: [['src/upkeep/mark/signed-mark.ts', 'if (isOurs) return undefined;', 'return undefined;']],
  },
  {
    name: 'each start on PostgreSQL makes a link to become the administrator',
    tests: ['databases/operator-instances'],
    edits: [['src/setup/setup.ts', "isPostgres(database.read) ? 'unless one is out' : 'always'", "'always'"]],
    all: true,
  },
  {
    name: 'an instance with a wrong clock sweeps',
    tests: ['databases/operator-clock'],
    edits: [['src/service.ts', 'if ((await clockCheck.apart()) === undefined) await sweep', 'await sweep']],
  },
  {
    name: 'the log knows of no transaction in doubt',
    tests: ['databases/doubt'],
    edits: [['src/audit/chains/ledger.ts', 'return mayBeKept(last.tx) ? [...ends, last] : ends;', 'return ends;']],
  },
  {
    name: 'a try whose verdict is in doubt is given back',
    tests: ['databases/doubt'],
    edits: [['src/sign-in/judge.ts', 'if (error instanceof DatabaseUnavailable && error.inDoubt) throw error;', '']],
  },
  {
    name: 'SIGTERM does not drain',
    tests: ['stopping'],
    edits: [['src/cli/stop.ts', '  await drain?.();\n', '']],
  },
];
