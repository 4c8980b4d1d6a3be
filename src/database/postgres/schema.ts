import { sql } from 'kysely';
import type { Db } from '../engine.ts';
import type { Part } from '../schema/schema.ts';

/**
 * Tables of PostgreSQL with what decides over what they hold. Not what an operator may tune: owners, privileges, storage.
 * An index that is just being built anew does not count yet.
 */
export async function describePostgres(db: Db): Promise<Part[]> {
  return (await parts.execute(db)).rows;
}

// That a column is not null stands with the column: not every version of PostgreSQL has a constraint for it besides.
const parts = sql<Part>`
  with ours as (
    select * from pg_class where relnamespace = quote_ident(current_schema())::regnamespace and relkind in ('r', 'p', 'f')
  )
  select relname as "table", concat_ws(' ', 'table',
    case when relkind <> 'r' then 'of kind ' || relkind::text end,
    case when relpersistence <> 'p' then 'that a crash empties' end,
    case when relrowsecurity or relforcerowsecurity then 'with row security' end) as line
  from ours
  union all select relname, 'shared with table ' || (case when inhparent = ours.oid then inhrelid else inhparent end)::regclass
  from ours join pg_inherits on ours.oid in (inhparent, inhrelid)
  union all select relname, concat_ws(' ', attname, format_type(atttypid, atttypmod),
    (select 'collate ' || collname from pg_collation, pg_type
      where pg_collation.oid = attcollation and pg_type.oid = atttypid and typcollation <> attcollation),
    case when attnotnull then 'not null' end,
    case when attgenerated <> '' then 'generated' end,
    (select 'default ' || pg_get_expr(adbin, adrelid) from pg_attrdef where adrelid = ours.oid and adnum = attnum),
    case when attidentity <> '' then (select concat_ws(' ', 'numbered by', seqincrement, 'up to', seqmax,
      case when seqcycle then 'in cycles' end)
      from pg_sequence where seqrelid = pg_get_serial_sequence(quote_ident(relname), attname)::regclass) end)
  from ours join pg_attribute on attrelid = ours.oid where attnum > 0 and not attisdropped
  union all select relname, conname || ' ' || pg_get_constraintdef(pg_constraint.oid, true)
  from ours join pg_constraint on conrelid = ours.oid where contype <> 'n'
  union all select relname, pg_get_indexdef(indexrelid, 0, true)
  from ours join pg_index on indrelid = ours.oid
  where indisvalid and indisready and not exists (select from pg_constraint where conindid = indexrelid and conrelid = indrelid)
  union select relname, 'a foreign key that is switched off'
  from ours join pg_trigger on tgrelid = ours.oid where tgisinternal and tgenabled <> 'O'`;
