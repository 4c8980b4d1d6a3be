import type { Random } from './random.ts';
import type { Step } from './recorder.ts';

type Change = Extract<Step, { kind: 'write' | 'truncate' }>;

/** One file: what is on the disk for certain, and what was written since, which may be there or not. */
interface Kept {
  /** Nothing where the file itself may not be there. */
  safe: Buffer | undefined;
  since: Change[];
  /** It was deleted, and may still be there. */
  deleted: boolean;
}

/** What is found in a folder when the power comes back. */
export type Image = ReadonlyMap<string, Buffer>;

/** What becomes of what was written and not synced, from the best that can happen to the worst. */
export const fates = [
  'all of it is kept',
  'none of it is kept',
  'only the newest is kept',
  'pieces of it are kept',
] as const;
export type Fate = (typeof fates)[number];

/** A disk writes a sector whole or not at all, and in whatever order it likes. */
const sector = 512;
const empty = Buffer.alloc(0);

/**
 * A disk that forgets: of each file it has for certain what was written before the last sync of that file, and of what was
 * written since whatever it likes. What SQLite counts on is granted: that the first sync of a new journal or WAL makes the
 * names in its folder last as well (SQLite syncs the folder with it), and that a write harms nothing beside it.
 */
export function createDisk() {
  const files = new Map<string, Kept>();
  const fileOf = (name: string): Kept => {
    // What is there already was made, and is empty.
    const file = files.get(name) ?? { safe: empty, since: [], deleted: false };
    files.set(name, file);
    return file;
  };
  const keep = (file: Kept): void => {
    // With the name of a new file, that those of others are gone lasts too.
    if (file.safe === undefined) for (const [name, { deleted }] of files) if (deleted) files.delete(name);
    file.safe = apply(file.safe ?? empty, file.since);
    file.since = [];
  };
  return {
    take(step: Step): void {
      if (step.kind === 'create') {
        files.set(step.file, { safe: undefined, since: [], deleted: false });
        return;
      }
      const file = fileOf(step.file);
      if (step.kind === 'delete') file.deleted = true;
      else if (step.kind === 'sync') keep(file);
      else file.since.push(step);
    },

    /** The folder as it may be found if the power fails now. */
    image(fate: Fate, random: Random): Image {
      const found = new Map<string, Buffer>();
      for (const [name, { safe, since, deleted }] of files) {
        if (deleted && (fate === 'all of it is kept' || random.below(2) === 0)) continue;
        const left = since.flatMap((change, index) => remains(change, fate, index === since.length - 1, random));
        if (safe === undefined && left.length === 0) continue;
        found.set(name, apply(safe ?? empty, left));
      }
      return found;
    },
  };
}

function remains(change: Change, fate: Fate, isNewest: boolean, random: Random): Change[] {
  if (fate === 'none of it is kept') return [];
  if (fate === 'all of it is kept') return [change];
  if (fate === 'only the newest is kept') return isNewest ? [change] : [];
  const chance = random.below(3);
  if (chance === 0 || change.kind === 'truncate') return chance === 0 ? [] : [change];
  return chance === 1 ? [change] : sectorsOf(change).filter(() => random.below(2) === 0);
}

/** A write as those of the sectors that it touches. */
function sectorsOf({ kind, file, at, bytes }: Change & { kind: 'write' }): Change[] {
  const pieces: Change[] = [];
  for (let from = 0; from < bytes.length; ) {
    const to = Math.min(bytes.length, from + sector - ((at + from) % sector));
    pieces.push({ kind, file, at: at + from, bytes: bytes.subarray(from, to) });
    from = to;
  }
  return pieces;
}

function apply(file: Buffer, changes: readonly Change[]): Buffer {
  const ends = changes.map((change) => (change.kind === 'write' ? change.at + change.bytes.length : 0));
  const result = Buffer.alloc(Math.max(file.length, ...ends));
  let length = file.copy(result);
  for (const change of changes) {
    if (change.kind === 'truncate') {
      result.fill(0, change.size);
      length = change.size;
    } else length = Math.max(length, change.at + change.bytes.copy(result, change.at));
  }
  return result.subarray(0, length);
}
