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
    name: 'a service that stops loses when sessions were seen',
    tests: ['stories/seen'],
    edits: [['src/service.ts', '      await sessions.writeSeen();\n', '']],
  },
  {
    name: 'the clean-up does not know when sessions were seen',
    tests: ['stories/seen'],
    edits: [['src/sessions/sessions.ts', '      await seen.write();\n', '']],
  },
  {
    name: 'what may have been kept is run again',
    tests: ['databases/postgres-turns'],
    edits: [['src/database/turns.ts', "engine.judge(error)?.kind === 'undone' && runs", 'runs']],
  },
  {
    name: 'what failed is kept with the others of its commit',
    tests: ['../src/database/together'],
    edits: [['src/database/sqlite/savepoints.ts', "direct.run('rollback to part', []);", '']],
  },
  {
    name: 'some are answered before the commit that keeps them',
    tests: ['../src/database/together'],
    edits: [['src/database/turns.ts', 'parts.push(part);', 'parts.push(part);\n        each.kept();']],
  },
  {
    name: 'a part that is over goes on in the transaction of others',
    tests: ['../src/database/together'],
    edits: [['src/database/sqlite/savepoints.ts', 'end.isOver = true;', '']],
  },
  {
    name: 'a statement reads the past that somebody holds',
    tests: ['../src/database/sql/statement'],
    edits: [['src/database/sql/statement.ts', 'direct?.isHeld?.() ? undefined : direct', 'direct']],
  },
  {
    name: 'a statement takes a list for one of another length',
    tests: ['../src/database/sql/statement'],
    edits: [['src/database/sql/statement.ts', 'lists.length === 0 ?', 'lists.length >= 0 ?']],
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
