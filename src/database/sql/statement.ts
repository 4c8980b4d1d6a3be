import { type Compilable, CompiledQuery, type QueryResult } from 'kysely';
import type { Db } from '../engine.ts';
import { isPostgres } from './dialect.ts';

/**
 * Statements that are asked at every request or sign-in. One is written like any other query, and compiled the first time
 * that it is asked; from then on SQLite has it prepared.
 */
export interface Statement<Given extends object, Row> {
  /** All rows that it answers. */
  all(db: Db, given: Given): Promise<Row[]>;
  /** The first one. */
  first(db: Db, given: Given): Promise<Row | undefined>;
  /** How many rows it has changed. */
  run(db: Db, given: Given): Promise<number>;
}

/** Asks a connection by itself, without what Kysely does around it. */
export interface Direct {
  all(sql: string, values: readonly unknown[]): unknown[];
  first(sql: string, values: readonly unknown[]): unknown;
  run(sql: string, values: readonly unknown[]): number;
  /** Whether somebody else is in the midst of something on this connection, so that one has to wait as Kysely does. */
  isHeld?(): boolean;
}

/** From now on statements are asked directly of a `Db` or `Tx`; without `direct` they go through Kysely again. */
export function setDirect(db: Db, direct: Direct | undefined): void {
  if (direct) directs.set(db, direct);
  else directs.delete(db);
}

const directs = new WeakMap<Db, Direct>();

/** From now on `tell` hears of each statement asked of a `Db` how long it took, in ms. */
export function watchStatements(db: Db, tell: (ms: number) => void): void {
  watches.set(db, tell);
}

const watches = new WeakMap<Db, (ms: number) => void>();

/** Asks one statement of a `Db`, and tells whoever hears of those how long it took. */
async function timed<Answer>(db: Db, ask: () => Answer | Promise<Answer>): Promise<Answer> {
  const tell = watches.get(db);
  if (!tell) return ask();
  const asked = performance.now();
  try {
    return await ask();
  } finally {
    tell(performance.now() - asked);
  }
}

function directOf(db: Db): Direct | undefined {
  const direct = directs.get(db);
  return direct?.isHeld?.() ? undefined : direct;
}

/**
 * Makes a statement of a query. `build` writes it once for each kind of database, with something standing where each
 * value of `given` will be: it must not look at them, and each call must give the same members. A member may be a short
 * list, of values or of rows: then the query is written once for each length that it comes in. Lists stand at the top
 * level, none within another or within a row.
 */
export function statement<Given extends object, Row>(
  build: (db: Db, given: Given) => Compilable<Row>,
): Statement<Given, Row> {
  const compiledFor = keepCompiled(build);
  const asking =
    <Answer>(
      directly: (direct: Direct, sql: string, values: unknown[]) => Answer,
      answerIn: (result: QueryResult<Row>) => Answer,
    ) =>
    (db: Db, given: Given): Promise<Answer> =>
      timed(db, () => {
        const { sql, valuesOf } = compiledFor(db, given);
        const direct = directOf(db);
        if (direct) return directly(direct, sql, valuesOf(given));
        return db.executeQuery<Row>(CompiledQuery.raw(sql, valuesOf(given))).then(answerIn);
      });
  return {
    all: asking<Row[]>(
      (direct, sql, values) => direct.all(sql, values) as Row[],
      ({ rows }) => rows,
    ),
    first: asking<Row | undefined>(
      (direct, sql, values) => direct.first(sql, values) as Row | undefined,
      ({ rows }) => rows[0],
    ),
    run: asking<number>(
      (direct, sql, values) => direct.run(sql, values),
      ({ numAffectedRows }) => Number(numAffectedRows ?? 0n),
    ),
  };
}

interface Compiled {
  sql: string;
  valuesOf(given: object): unknown[];
}

/** Stands for a value until there is one, and knows where in what is given that will be. */
class Place {
  readonly path: readonly string[];
  constructor(path: readonly string[]) {
    this.path = path;
  }
}

/** Compiles once for each kind of database, and for each length of the lists in what is given. */
function keepCompiled<Given extends object>(build: (db: Db, given: Given) => Compilable) {
  const onSqlite = new Map<string, Compiled>();
  const onPostgres = new Map<string, Compiled>();
  let lists: string[] | undefined;
  return (db: Db, given: Given): Compiled => {
    const known = isPostgres(db) ? onPostgres : onSqlite;
    lists ??= Object.keys(given).filter((name) => Array.isArray(valueAt(given, [name])));
    const lengths = lists.length === 0 ? '' : lists.map((name) => `${valueAt(given, [name, 'length'])}`).join(' ');
    const compiled = known.get(lengths) ?? compile(build, db, given);
    known.set(lengths, compiled);
    return compiled;
  };
}

function compile<Given extends object>(build: (db: Db, given: Given) => Compilable, db: Db, given: Given): Compiled {
  const { sql, parameters } = build(db, placesIn(given, []) as Given).compile();
  const values = parameters.map((each) =>
    each instanceof Place ? (from: object) => valueAt(from, each.path) : () => each,
  );
  return { sql, valuesOf: (from) => values.map((take) => take(from)) };
}

/** The same with a place for each value. */
function placesIn(given: unknown, path: readonly string[]): unknown {
  if (Array.isArray(given)) return given.map((each, at) => placesIn(each, [...path, `${at}`]));
  if (typeof given !== 'object' || given === null || ArrayBuffer.isView(given)) return new Place(path);
  return Object.fromEntries(Object.entries(given).map(([name, each]) => [name, placesIn(each, [...path, name])]));
}

function valueAt(given: object, path: readonly string[]): unknown {
  let found: unknown = given;
  for (const name of path) found = (found as Record<string, unknown>)[name];
  return found;
}
