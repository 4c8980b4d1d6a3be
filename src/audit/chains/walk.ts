import { type ChainKeys, type ChainRecord, macOf, type Row, same } from './form.ts';

/** Something that is not as it was written. */
export interface Fault {
  kind: 'changed' | 'missing' | 'misplaced' | 'unchecked';
  chain?: number;
  /** The row at which it was found. */
  sequence?: number;
  sentence: string;
}

/** Where a walk stands: behind this link, whose mac this is. */
interface Position {
  link: number;
  mac: Uint8Array;
}

/**
 * Walks one chain from where it was cut, a row at a time in the order of their sequences. One change makes one fault:
 * the walk goes on from what is there. Without the keys that signed its rows it tells which of them are there and in
 * which order, and not whether they were changed.
 */
export function createWalk(keys: ChainKeys | undefined, record: ChainRecord) {
  const chain = record.number;
  const position: Position = { link: record.cut, mac: bytesOf(record.cut_mac) };
  let sequence: number | undefined;

  /** Judges the next row. */
  const take = (row: Row): Fault | undefined => {
    const behind = position.link;
    const link = row.link ?? 0;
    if (!Number.isSafeInteger(link) || link <= behind) {
      const sentence = `Row ${row.sequence} says that it is link ${link} of chain ${chain}, and stands behind link ${behind}: it was moved, repeated or put in.`;
      return { kind: 'misplaced', chain, sequence: row.sequence, sentence };
    }
    const fits = !keys || same(macOf(keys, position.mac, row), row.mac);
    const from = sequence;
    position.link = link;
    position.mac = bytesOf(row.mac);
    sequence = row.sequence;
    if (link > behind + 1) {
      const place = from === undefined ? `before row ${row.sequence}` : `between rows ${from} and ${row.sequence}`;
      return { kind: 'missing', chain, sequence: row.sequence, sentence: missing(behind + 1, link - 1, place) };
    }
    if (fits) return undefined;
    const sentence = `Row ${row.sequence} (link ${link} of chain ${chain}) was changed, or is not the one that stood there.`;
    return { kind: 'changed', chain, sequence: row.sequence, sentence };
  };

  /** Judges the end, when every row has been taken. */
  const end = (): Fault | undefined => {
    const { link, mac } = position;
    const where = sequence === undefined ? {} : { sequence };
    if (link < record.length) {
      const place = sequence === undefined ? 'and no row of it is left' : `behind row ${sequence}`;
      return { kind: 'missing', chain, ...where, sentence: missing(link + 1, record.length, place) };
    }
    if (link > record.length) {
      const sentence = `Chain ${chain} goes on behind its end, which is link ${record.length}: rows were put in, or its record is an older one.`;
      return { kind: 'misplaced', chain, ...where, sentence };
    }
    if (same(Buffer.from(mac), record.head)) return undefined;
    const sentence = `The last row of chain ${chain} is not the one that its record remembers.`;
    return { kind: 'changed', chain, ...where, sentence };
  };

  const missing = (from: number, to: number, place: string): string =>
    from === to
      ? `Link ${from} of chain ${chain} is missing, ${place}.`
      : `Links ${from} to ${to} of chain ${chain} are missing, ${place}.`;

  return { take, end, position: (): Readonly<Position> => position };
}

/** What is no bytes, because somebody has put it there, is none. */
function bytesOf(found: unknown): Uint8Array {
  return found instanceof Uint8Array ? found : new Uint8Array();
}
