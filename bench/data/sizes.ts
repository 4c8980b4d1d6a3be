import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';

/**
 * `node bench/data/sizes.ts FILE.db` or `node bench/data/sizes.ts postgres://…`: how many bytes each table takes on the
 * disk, its indexes counted in, and how many that are for a row.
 */
interface Size {
  table: string;
  bytes: number;
  rows: number;
}

const ofSqlite = `select tbl_name as "table", sum(pgsize) as bytes from dbstat join sqlite_schema using (name)
  where tbl_name not like 'sqlite%' group by tbl_name`;
const ofPostgres = `select relname as "table", pg_total_relation_size(oid) as bytes from pg_class
  where relkind = 'r' and relnamespace = quote_ident(current_schema())::regnamespace`;

function inFile(file: string): Size[] {
  const db = new DatabaseSync(file, { readOnly: true });
  return db
    .prepare(ofSqlite)
    .all()
    .map(({ table, bytes }) => {
      const { rows } = db.prepare(`select count(*) as rows from "${table}"`).get() ?? {};
      return { table: String(table), bytes: Number(bytes), rows: Number(rows) };
    });
}

async function onServer(connectionString: string): Promise<Size[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  const sizes: Size[] = [];
  for (const { table, bytes } of (await client.query(ofPostgres)).rows) {
    const { rows } = (await client.query(`select count(*) as rows from "${table}"`)).rows[0];
    sizes.push({ table, bytes: Number(bytes), rows: Number(rows) });
  }
  await client.end();
  return sizes;
}

const [where = ''] = process.argv.slice(2);
const sizes = await (/^postgres/.test(where) ? onServer(where) : inFile(where));
for (const { table, bytes, rows } of sizes.sort((one, other) => other.bytes - one.bytes)) {
  const each = rows > 0 ? Math.round(bytes / rows) : 0;
  process.stdout.write(
    `${table.padEnd(24)} ${String(rows).padStart(10)} rows ${String(each).padStart(6)} bytes a row\n`,
  );
}
