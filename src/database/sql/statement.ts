import { type Compilable, CompiledQuery } from 'kysely';
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

/** From now on statements are asked directly of a `Db` or `Tx`; nothing in place of how has them ask Kysely again. */
export function setDirect(db: Db, direct: Direct | undefined): void {
  if (direct) directs.set(db, direct);
  else directs.delete(db);
}

const directs = new WeakMap<Db, Direct>();

function directOf(db: Db): Direct | undefined {
  const direct = directs.get(db);
  return direct?.isHeld?.() ? undefined : direct;
}

/**
 * Makes a statement of a query. `build` writes it once for each kind of database, with every member of `given` standing
 * where a value will be: it must not look at them, and each call must give the same members.
 */
export function statement<Given extends object, Row>(
  build: (db: Db, given: Given) => Compilable<Row>,
): Statement<Given, Row> {
  const known: Partial<Record<'postgres' | 'sqlite', Compiled<Given>>> = {};
  const compiledFor = (db: Db, given: Given): Compiled<Given> =>
    (known[isPostgres(db) ? 'postgres' : 'sqlite'] ??= compile(build, db, given));
  const viaKysely = (db: Db, sql: string, values: unknown[]) => db.executeQuery<Row>(CompiledQuery.raw(sql, values));
  return {
    async all(db, given) {
      const { sql, valuesOf } = compiledFor(db, given);
      const direct = directOf(db);
      if (direct) return direct.all(sql, valuesOf(given)) as Row[];
      return (await viaKysely(db, sql, valuesOf(given))).rows;
    },
    async first(db, given) {
      const { sql, valuesOf } = compiledFor(db, given);
      const direct = directOf(db);
      if (direct) return direct.first(sql, valuesOf(given)) as Row | undefined;
      return (await viaKysely(db, sql, valuesOf(given))).rows[0];
    },
    async run(db, given) {
      const { sql, valuesOf } = compiledFor(db, given);
      const direct = directOf(db);
      if (direct) return direct.run(sql, valuesOf(given));
      return Number((await viaKysely(db, sql, valuesOf(given))).numAffectedRows ?? 0n);
    },
  };
}

interface Compiled<Given> {
  sql: string;
  valuesOf(given: Given): unknown[];
}

/** Stands for a member of what is given until there is a value. */
class Member {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

function compile<Given extends object>(
  build: (db: Db, given: Given) => Compilable,
  db: Db,
  given: Given,
): Compiled<Given> {
  const members = Object.fromEntries(Object.keys(given).map((name) => [name, new Member(name)]));
  const { sql, parameters } = build(db, members as Given).compile();
  const values = parameters.map((each) =>
    each instanceof Member ? (from: Given) => from[each.name as keyof Given] : () => each,
  );
  return { sql, valuesOf: (from) => values.map((take) => take(from)) };
}
