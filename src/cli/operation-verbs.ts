import { type Verb, where } from './verb.ts';

/** The verbs of `countersign config`. */
export const config: readonly Verb[] = [
  {
    name: 'print',
    help: 'Print every option, its value, and where that comes from.',
    options: [],
    json: '{"options": {"port": {"value", "source"}, …}}, as createServer takes them: durations in milliseconds',
    run: async (call) => (await import('./config.ts')).printConfig(call),
  },
  {
    name: 'check',
    help: 'Check every option, and that the files and the server of PostgreSQL they name can be used. Changes nothing.',
    options: [],
    json: '{"ok", "problems": […]}, also when the exit code is 1',
    run: async (call) => (await import('./config.ts')).checkConfig(call),
  },
];

/** The verbs of `countersign key`. */
export const key: readonly Verb[] = [
  {
    name: 'create',
    help: 'Make a key file with one new key. A file that is there is never overwritten.',
    args: [['<FILE>', 'Where; outside of the data folder, so that a copy of that alone opens nothing.']],
    json: '{"file"}',
    run: async (call) => (await import('./key.ts')).createKey(call),
  },
  {
    name: 'list',
    help: 'List the keys: which one seals, how much each has sealed, and which instances hold it.',
    options: where,
    more: 'A key that has sealed no values any more may be taken out of the file; keep a copy as\nlong as it has audit rows, which `audit verify` cannot check without it.',
    json: '{"keys": [{"id", "active", "in_file", "values", "audit_rows", "recorded_at", "instances": [{"id", "name", "seals", "seen_at"}]}]}',
    run: async (call) => (await import('./key.ts')).listKeys(call),
  },
  {
    name: 'rotate',
    help: 'Add a new key to the file; with --activate, make one that every instance holds the key that seals.',
    flags: [
      ['--activate <ID>', 'Let this key seal from now on. Refused while the file or an instance lacks it.'],
      ['--lost', 'The key that sealed so far is lost for ever: go on without it.'],
    ],
    options: where,
    more: 'With --lost, nobody whose password or authenticator secret the lost key has sealed can\nuse it again: `countersign doctor` names them, `countersign user set-password` and\n`countersign user reset-second-factor` let them in anew. Stop every instance first.',
    json: '{"id", "file"}; with --activate {"id", "changed", "before"}',
    run: async (call) => (await import('./key.ts')).rotateKey(call),
  },
  {
    name: 'reseal',
    help: 'Seal everything anew that another key than the active one has sealed.',
    options: where,
    more: 'Works beside running instances, and can be stopped and begun again.',
    json: '{"key", "resealed", "unopened"}, also when the exit code is 1 because some could not be opened',
    run: async (call) => (await import('./key.ts')).resealValues(call),
  },
];

/** The verbs of `countersign audit`. */
export const audit: readonly Verb[] = [
  {
    name: 'list',
    help: 'List what happened, newest first.',
    flags: [
      ['--user <NAME>', 'Only what happened to this account; the id of one that is gone.'],
      ['--event <EVENT>', 'Only this event, such as sign_in.refused.'],
      ['--since <TIME>', 'Only from then on: a time like 2026-11-22T12:00Z, or how long ago, like 24h.'],
      ['--until <TIME>', 'Only before then.'],
      ['--limit <N>', 'At most so many, up to 10000 (default: 50).'],
    ],
    options: where,
    json: '{"events": [{"sequence", "at", "event", "user_id", "user", "actor_id", "session_id", "address", "detail"}]}',
    run: async (call) => (await import('./audit.ts')).listAudit(call),
  },
  {
    name: 'export',
    help: 'Print every row as a line of JSON, the oldest first, with its chain, link and mac.',
    options: where,
    run: async (call) => (await import('./audit.ts')).exportAudit(call),
  },
  {
    name: 'verify',
    help: 'Look for rows that were changed, taken, put in or moved behind the back of the service.',
    options: where,
    more: 'It cannot tell whether the whole database was put back to an older copy, or whether\nrows that are older than the chains, or signed with a key that is lost, were changed.',
    json: '{"ok", "rows", "older", "since", "chains", "lost": {"chains", "rows"}, "cut", "count", "faults": [{"kind", "chain", "sequence", "sentence"}]}, also when the exit code is 1',
    run: async (call) => (await import('./audit.ts')).verifyAudit(call),
  },
];

/** The verbs of `countersign db`. */
export const db: readonly Verb[] = [
  {
    name: 'backup',
    help: 'Write everything into one file, beside whatever is served; no key is in it.',
    args: [['<FILE>', 'Where to, mode 0600; never over a file that is there. - is stdout.']],
    options: where,
    json: '{"file", "schema", "made_at", "audit_sequence", "rows": {"users", …}}',
    run: async (call) => (await import('./db.ts')).backUpDatabase(call),
  },
  {
    name: 'verify-backup',
    help: 'Put a backup into a scratch database, and look whether all of it would work.',
    args: [['<FILE>', 'The backup; - is stdin.']],
    options: ['keyFile'],
    more: 'The scratch database is made in a private folder of TMPDIR, and deleted.',
    json: '{"ok", "file", "schema", "made_at", "audit_sequence", "rows", "problems": […]}, also when the exit code is 1 because there are problems; {"ok", "file", "problems"} of what cannot be put back',
    run: async (call) => (await import('./db.ts')).verifyDatabaseBackup(call),
  },
  {
    name: 'restore',
    help: 'Put a backup into an empty database; or accept the one that is there, an older copy.',
    args: [['[FILE]', 'The backup, of either kind of database; - is stdin.']],
    flags: [
      ['--accept', 'Go on with the database that is there, though it may be older than what was served.'],
      ['--audit <FILE>', 'What `audit export` wrote since: lists the accounts that have changed.'],
    ],
    options: where,
    more: 'Either ends every session, known browser, service token and link, and voids recovery\ncodes, because the copy may have what was spent or ended since. People sign in with\npassword and code.',
    json: '{"accepted_at", "generation", "voided", "audit": {"rows", "newest"}, "changed"}; with a file also {"file", "schema", "made_at", "audit_sequence", "rows", "unopened"}',
    run: async (call) => (await import('./db.ts')).restoreDatabase(call),
  },
  {
    name: 'migrate',
    help: 'Bring the schema of the database up to date without serving; each start does so too.',
    options: where,
    json: '{"schema", "ran": […], "copy"}',
    run: async (call) => (await import('./db.ts')).migrateDatabase(call),
  },
  {
    name: 'copy',
    help: 'Move house: copy everything into an empty database, of either kind, and compare the two.',
    flags: [
      ['--from <DATABASE>', 'sqlite:FILE or postgres://USER@HOST/DATABASE; stop every instance on it first.'],
      ['--to <DATABASE>', 'The same; an empty one.'],
    ],
    options: ['data', 'databaseUrl'],
    more: 'Whichever of the two is not given is the database of the options. No argument takes an\naddress with a password: give that one in COUNTERSIGN_DATABASE_URL(_FILE). Where both have\none, make a backup of the first and restore it into the second. The key file stays the same, and is not needed for it.',
    json: '{"schema", "rows": {"users", …}}',
    run: async (call) => (await import('./db.ts')).copyWhole(call),
  },
];
