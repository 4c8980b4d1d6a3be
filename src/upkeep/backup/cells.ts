import { createHash } from 'node:crypto';
import { BackupError, parseLine } from './backup-error.ts';

/** A row as a line of a backup: the same text for the same row, whichever database it comes from. */

/** What a column holds, whatever its type is called. */
export type Kind = 'text' | 'number' | 'bytes';

/** The columns of a table by their names, in the order of these. */
export type Columns = Readonly<Record<string, Kind>>;

export type Cell = string | number | Uint8Array | null;
export type Row = Readonly<Record<string, Cell>>;

/**
 * A row as a line of JSON: its cells in the order of its columns, bytes as base64. Throws `BackupError` for a cell that
 * this service never writes: a database with one may be no longer what it was, and the other kind could not hold it.
 */
export function lineOf(table: string, columns: Columns, row: Readonly<Record<string, unknown>>): string {
  const cells = Object.entries(columns).map(([column, kind]) => {
    const cell = row[column] ?? null;
    if (cell === null || (kind === 'number' && isExact(cell)) || (kind === 'text' && typeof cell === 'string'))
      return cell;
    if (kind === 'bytes' && cell instanceof Uint8Array) return Buffer.from(cell).toString('base64');
    throw new BackupError(
      `Column "${column}" of table "${table}" holds something that this service never writes: find out who could write to the database. To keep it as it is, copy its files.`,
    );
  });
  return JSON.stringify(cells);
}

/** The row of a line. Throws `BackupError` where the line is none of this table. */
export function rowOf(table: string, columns: Columns, line: string): Row {
  const cells = parseLine(line);
  const entries = Object.entries(columns);
  if (!Array.isArray(cells) || cells.length !== entries.length) throw strange(table);
  return Object.fromEntries(entries.map(([column, kind], index) => [column, cellOf(table, kind, cells[index])]));
}

function cellOf(table: string, kind: Kind, cell: unknown): Cell {
  if (cell === null) return cell;
  if (kind === 'number' && isExact(cell)) return cell;
  if (kind === 'number' || typeof cell !== 'string') throw strange(table);
  return kind === 'text' ? cell : Buffer.from(cell, 'base64');
}

const isExact = (cell: unknown): cell is number => Number.isSafeInteger(cell);
const strange = (table: string): BackupError =>
  new BackupError(`A line of table "${table}" is no row of it: this file is damaged, or no backup of Countersign.`);

/** How many rows a table has, and a sum over them that does not depend on their order. */
export interface Checksum {
  rows: number;
  sum: string;
}

/** Adds the SHA-256 of each line, so that two tables have the same sum only where they have the same rows. */
export function createChecksum(): { add(line: string): void; result(): Checksum } {
  let rows = 0;
  let sum = 0n;
  return {
    add(line) {
      rows += 1;
      sum = (sum + BigInt(`0x${createHash('sha256').update(line).digest('hex')}`)) & largest;
    },
    result: () => ({ rows, sum: sum.toString(16).padStart(64, '0') }),
  };
}

const largest = (1n << 256n) - 1n;
