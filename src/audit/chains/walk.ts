import { type ChainKeys, type ChainRecord, macOf, type Row, same } from './form.ts';

/** Something that is not as it was written. */
export interface Finding {
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
 * Walks one chain from where it was cut, a row at a time in the order of their sequences. One change makes one finding:
 * the walk goes on from what is there.
 */
export function createWalk(keys: ChainKeys, record: ChainRecord) {
  const chain = record.number;
  const position: Position = { link: record.cut, mac: record.cut_mac };
  let sequence: number | undefined;

  /** Judges the next row. */
  const take = (row: Row): Finding | undefined => {
    const behind = position.link;
    const link = row.link ?? 0;
    if (link <= behind) {
      const sentence = `Row ${row.sequence} says that it is link ${link} of chain ${chain}, and stands behind link ${behind}: it was moved, repeated or put in.`;
      return { kind: 'misplaced', chain, sequence: row.sequence, sentence };
    }
    const fits = same(macOf(keys, position.mac, row), row.mac);
    const from = sequence;
    position.link = link;
    position.mac = row.mac instanceof Uint8Array ? row.mac : new Uint8Array();
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
  const end = (): Finding | undefined => {
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
