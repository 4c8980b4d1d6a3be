import { write, writeSync } from 'node:fs';
import { isoTime, systemClock } from '../clock.ts';

/** Where the lines of a log go, each with its end. */
export interface Lines {
  write(line: string): unknown;
}

/** A descriptor of a file, a pipe or a terminal, as `node:fs` writes to it. */
export interface Descriptor {
  write(bytes: Buffer, done: (error: NodeJS.ErrnoException | null, written: number) => void): unknown;
  writeSync(bytes: Buffer): number;
}

/** What may wait for a reader who is slow, in characters; what comes then is lost, and told of later. */
const mostWaiting = 1024 * 1024;

/** After this a reader who was slow is tried again. */
const restMs = 10;

/** How often that is done at the end of a process, which is not to hang on whoever reads its log. */
const mostTriesAtEnd = 100;

/**
 * Writes what one turn of the event loop has to say by one call of the system, behind that turn: a busy service does a good
 * part of its work in such calls. Nobody waits for it, so a reader who has stopped or gone stops nothing, and a full disk
 * ends nothing; whoever reads next is told that lines were lost. A `kill -9` takes away the lines since the last call.
 */
export function byTurn(to: Descriptor): Lines & { flushSync(): void } {
  let waiting = '';
  /** What has come to a reader who is slow, and is tried again. */
  let held: Buffer = Buffer.alloc(0);
  let lost = 0;
  let isDue = false;

  const take = (): Buffer => {
    const text = waiting;
    waiting = '';
    return Buffer.from(text);
  };
  const written = (): void => {
    if (lost === 0) return;
    const line = {
      level: 40,
      time: systemClock(),
      msg: `Lines of this log were lost, up to ${isoTime(systemClock())}.`,
    };
    lost = 0;
    waiting = `${JSON.stringify(line)}\n${waiting}`;
  };
  const goOn = (): void => {
    isDue = false;
    if (waiting !== '') put(take());
  };
  const hold = (bytes: Buffer): void => {
    held = bytes;
    setTimeout(() => {
      held = Buffer.alloc(0);
      put(bytes);
    }, restMs).unref();
  };
  const put = (bytes: Buffer, isRest = false): void => {
    isDue = true;
    to.write(bytes, (error, count) => {
      if (error?.code === 'EAGAIN') return hold(bytes);
      if (!error && count < bytes.length) return put(bytes.subarray(count), true);
      if (error) lost += 1;
      else written();
      // What was lost may have begun a line.
      if (error && isRest) waiting = `\n${waiting}`;
      goOn();
    });
  };

  return {
    write(line) {
      if (waiting.length >= mostWaiting) lost += 1;
      else waiting += line;
      if (isDue) return;
      isDue = true;
      setImmediate(goOn);
    },

    // Under this name, so that the line of what ends the process is written before it ends.
    flushSync() {
      let left = Buffer.concat([held, take()]);
      for (let tries = 0; left.length > 0 && tries < mostTriesAtEnd; tries += 1) {
        try {
          left = left.subarray(to.writeSync(left));
        } catch (error) {
          if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) return;
          Atomics.wait(nothing, 0, 0, restMs);
        }
      }
    },
  };
}

const nothing = new Int32Array(new SharedArrayBuffer(4));

let ours: Lines | undefined;

/** The standard output of this process, however many write to it; at its end what waits is written, for up to a second. */
export function standardOutput(): Lines {
  if (!ours) {
    const lines = byTurn({ write: (bytes, done) => write(1, bytes, done), writeSync: (bytes) => writeSync(1, bytes) });
    process.once('exit', lines.flushSync);
    ours = lines;
  }
  return ours;
}
