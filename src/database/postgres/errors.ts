import type { Trouble } from '../engine.ts';

/** What errors of PostgreSQL, and of the way to it, mean for whoever may try again and whoever has to mend it. */

/** A server that is no primary, or does not keep what it acknowledges. */
export class UnfitServer extends Error {
  override name = 'UnfitServer';
  /** Another server, or this one later, may be fit. */
  readonly passing: boolean;

  constructor(message: string, passing: boolean) {
    super(message);
    this.passing = passing;
  }
}

const option = '--database-url (COUNTERSIGN_DATABASE_URL)';
const goesOn = 'The service goes on by itself when it is there again.';

/** By code: https://www.postgresql.org/docs/current/errcodes-appendix.html. The first that fits counts. */
type Verdict = [fits: RegExp, kind: Trouble['kind'], why: string, remedy: string, meanwhile?: string];

const byCode: readonly Verdict[] = [
  [/^40001$|^40P01$/, 'undone', 'PostgreSQL has undone a transaction', 'See which other program writes to its tables.'],
  [/^08P01$/, 'lasting', 'What answers is not PostgreSQL itself', 'Connect to it directly, without a pooler between.'],
  [/^(08...|57P0[125]|25P0[34])$/, 'lost', 'The connection to PostgreSQL was lost', '', goesOn],
  [/^57P03$/, 'passing', 'PostgreSQL starts or stops', '', goesOn],
  [/^53300$/, 'passing', 'PostgreSQL has no connection left', 'Raise max_connections there.'],
  [/^53100$/, 'lasting', 'The disk of PostgreSQL is full', 'Make room there.', goesOn],
  [/^(53...|58...)$/, 'passing', 'The machine of PostgreSQL is in trouble', 'Look at its log.', goesOn],
  [/^25006$/, 'passing', 'PostgreSQL is read-only', 'Promote it if it is a standby, or let it write.'],
  [/^55P03$/, 'passing', 'Another transaction is in the way for too long', 'See in pg_stat_activity which one.'],
  [/^57014$/, 'passing', 'A statement took PostgreSQL too long', 'See what it is busy with.'],
  [
    /^28...$/,
    'lasting',
    'PostgreSQL does not let this user in',
    `Mend user and password in ${option}, or its pg_hba.conf.`,
  ],
  [
    /^3D000$/,
    'lasting',
    'There is no such database',
    `Make it with ENCODING 'UTF8', or name another one in ${option}.`,
  ],
  [/^42501$/, 'lasting', 'This user of PostgreSQL may not do that', 'Make it the owner of the database.'],
  [
    /^(CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO|ERR_TLS|ERR_SSL|ERR_OSSL|HOSTNAME_MISMATCH)/,
    'lasting',
    'The certificate of PostgreSQL is not to be trusted',
    `Name its authority by sslrootcert=FILE and its host as the certificate does, in ${option}.`,
  ],
];

/** What the driver says without a code. */
const bySaying: readonly Verdict[] = [
  [
    /timeout expired|timeout exceeded|connection timeout|read timeout/i,
    'passing',
    'PostgreSQL does not answer',
    '',
    goesOn,
  ],
  [/connection terminated|not queryable/i, 'lost', 'The connection to PostgreSQL was lost', '', goesOn],
  [
    /does not support SSL/,
    'lasting',
    'PostgreSQL offers no TLS',
    `Switch ssl on there, or write sslmode=disable in ${option} where the network between is to be trusted.`,
  ],
  [/establishing an SSL connection/, 'passing', 'PostgreSQL offers no TLS now', '', goesOn],
  [/^SASL/, 'lasting', 'PostgreSQL asks for another password', `Give it in ${option}.`],
];

/** What an error means; nothing where it is not the database that has failed. */
export function judgePostgres(error: unknown): Trouble | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof UnfitServer)
    return { kind: error.passing ? 'passing' : 'lasting', sentence: `${error.message}.` };
  const code = 'code' in error ? String(error.code) : '';
  const way = wayThere(error, code);
  if (way) return way;
  if (error instanceof AggregateError) return ofSeveral(error);
  const [, kind, why, remedy, meanwhile] =
    byCode.find(([codes]) => codes.test(code)) ??
    ((code === '' && bySaying.find(([words]) => words.test(error.message))) || []);
  return kind && { kind, sentence: `${why} (${error.message}). ${remedy}`.trimEnd(), meanwhile };
}

/** Errors of the operating system: before there is a connection it may be had soon, after that it is lost. */
function wayThere(error: Error, code: string): Trouble | undefined {
  const syscall = 'syscall' in error ? String(error.syscall) : '';
  const isAggregate = error instanceof AggregateError && code !== '';
  if (['read', 'write'].includes(syscall))
    return { kind: 'lost', sentence: `The connection to PostgreSQL was lost (${error.message}).`, meanwhile: goesOn };
  if (!isAggregate && !['connect', 'getaddrinfo'].includes(syscall)) return undefined;
  const why = isAggregate ? messagesOf(error) : error.message;
  return {
    kind: code === 'EACCES' ? 'lasting' : 'passing',
    sentence: `PostgreSQL cannot be reached (${why}). See that it runs, and where, and what ${option} names.`,
    meanwhile: goesOn,
  };
}

/** Several servers, of which one may be the primary: as long as one may pass, all may. */
function ofSeveral(error: AggregateError): Trouble {
  const kinds = error.errors.map((each) => judgePostgres(each)?.kind ?? 'lasting');
  return {
    kind: kinds.some((kind) => kind !== 'lasting') ? 'passing' : 'lasting',
    sentence: `No server of ${option} is the primary now (${messagesOf(error)}). Start it, or promote a standby.`,
    meanwhile: goesOn,
  };
}

function messagesOf({ errors }: AggregateError): string {
  return errors.map((each: unknown) => (each instanceof Error ? each.message : String(each))).join('; ');
}
