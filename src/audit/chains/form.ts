import { createHmac } from 'node:crypto';

/**
 * What is signed, and how. Each process writes a chain of its own: the mac of a row is an HMAC over the mac before it
 * and over everything in the row. A record of each chain remembers where it ends and up to where it was cut, and the one
 * register remembers which chains there are; both carry a mac of their own. Keys come from the key file, so that whoever changes
 * the database alone cannot make what fits.
 */

/** A row as it is stored. Rows older than the chains have no chain, link or mac. */
export interface Row {
  sequence: number;
  at: number;
  event: string;
  user_id: string | null;
  actor_id: string | null;
  session_id: string | null;
  address: string | null;
  /** JSON, as text. */
  detail: string | null;
  chain: number | null;
  /** Which row of its chain it is, from 1. */
  link: number | null;
  mac: Uint8Array | null;
}

/** What a chain's record remembers. */
export interface ChainRecord {
  number: number;
  /** The key that signed this record, and its rows too unless there is a `lost_key_id`. */
  key_id: string;
  /** The key that signed its rows, where that was lost and `key_id` took its place. */
  lost_key_id: string | null;
  started_at: number;
  /** Rows ever written to it, those that were cut included. */
  length: number;
  /** The mac of its last row. */
  head: Uint8Array;
  /** Rows that retention has taken from its beginning. */
  cut: number;
  /** The mac of the last of those, from which the chain goes on. */
  cut_mac: Uint8Array;
  /** How many of those did not fit when they were taken. */
  flaws: number;
}

/** Which chains there are. */
export interface Register {
  /** The oldest chain that retention has left. */
  first: number;
  /** The newest chain. */
  last: number;
  /** The sequence of the first row that was put into a chain; absent while there is none. */
  since: number | null;
  key_id: string | null;
}

export interface Signed {
  mac: Uint8Array;
}

/** The keys of one key of the key file, one for each thing that is signed, so that none can pass for another. */
export interface ChainKeys {
  rows: Buffer;
  records: Buffer;
  register: Buffer;
}

/** What stands before the first row of a chain. */
export const noMac = Buffer.alloc(32);

/** The mac of a row behind the one whose mac is `previous`. */
export function macOf(keys: ChainKeys, previous: Uint8Array, row: Omit<Row, 'mac'>): Buffer {
  const { chain, link, sequence, at, event, user_id, actor_id, session_id, address, detail } = row;
  const text = JSON.stringify([chain, link, sequence, at, event, user_id, actor_id, session_id, address, detail]);
  return createHmac('sha256', keys.rows).update(previous).update(text).digest();
}

export function signRecord(keys: ChainKeys, record: ChainRecord): Buffer {
  const { number, key_id, lost_key_id, started_at, length, cut, flaws } = record;
  const macs = [hex(record.head), hex(record.cut_mac)];
  return createHmac('sha256', keys.records)
    .update(JSON.stringify([number, key_id, lost_key_id, started_at, length, cut, flaws, ...macs]))
    .digest();
}

export function signRegister(keys: ChainKeys, { first, last, since, key_id }: Register): Buffer {
  return createHmac('sha256', keys.register)
    .update(JSON.stringify([first, last, since, key_id]))
    .digest();
}

/** Whether two macs are the same; what is no bytes at all, because somebody has put it there, is not. */
export function same(wanted: Buffer, found: unknown): boolean {
  return found instanceof Uint8Array && wanted.equals(found);
}

function hex(bytes: unknown): string | null {
  return bytes instanceof Uint8Array ? Buffer.from(bytes).toString('hex') : null;
}
