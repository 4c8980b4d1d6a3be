import { randomBytes } from 'node:crypto';
import { hash as argon2Hash, verify as argon2Verify } from '@node-rs/argon2';
import { Problem } from '../http/http.ts';

/**
 * Argon2id (RFC 9106) in a bounded pool: at most `concurrency` hashes at a time, so memory is bounded by that times
 * `memory`, and at most `queue` waiting for one; beyond it `busy`. Hashes run on threads of their own.
 */
export interface HashParameters {
  /** KiB. */
  memory: number;
  passes: number;
  concurrency: number;
  queue: number;
}

/** What does the hashing; tests hold or count it. */
export interface Argon2 {
  hash(password: string, parameters: { memoryCost: number; timeCost: number; parallelism: number }): Promise<string>;
  verify(phc: string, password: string): Promise<boolean>;
}

/** Argon2id in the numbering of @node-rs/argon2, whose own constant cannot be imported without a compiler. */
const argon2id = 2;

export const argon2: Argon2 = {
  hash: (password, parameters) => argon2Hash(password, { ...parameters, algorithm: argon2id }),
  verify: (phc, password) => argon2Verify(phc, password),
};

export type Hasher = ReturnType<typeof createHasher>;

export function createHasher(parameters: HashParameters, argon: Argon2) {
  const cost = { memoryCost: parameters.memory, timeCost: parameters.passes, parallelism: 1 };
  const run = createPool(parameters.concurrency, parameters.queue);
  const present = `$argon2id$v=19$m=${cost.memoryCost},t=${cost.timeCost},p=1$`;
  // Verifying against it costs what verifying against a real hash does; being random, it fits no password.
  const dummy = `${present}${phcBase64(randomBytes(16))}$${phcBase64(randomBytes(32))}`;

  return {
    /** A PHC string of a prepared password. Throws `busy` when the queue is full. */
    hash: (password: string): Promise<string> => run.add(() => argon.hash(password, cost)),

    /** Whether the password fits; without a hash a dummy is verified, and the answer is no. Throws `busy`. */
    async verify(phc: string | undefined, password: string): Promise<boolean> {
      const fits = await run.add(() => argon.verify(phc ?? dummy, password));
      return fits && phc !== undefined;
    },

    /** Whether a hash was made with less memory or fewer passes than are used now. */
    isOutdated(phc: string): boolean {
      const [, memory, passes] = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=1\$/.exec(phc) ?? [];
      return Number(memory ?? 0) < cost.memoryCost || Number(passes ?? 0) < cost.timeCost;
    },

    /** Hashes running and waiting, for the metrics. */
    load: run.load,
  };
}

function createPool(concurrency: number, queue: number) {
  let running = 0;
  const waiting: (() => void)[] = [];
  return {
    load: () => ({ running, waiting: waiting.length }),
    async add<T>(work: () => Promise<T>): Promise<T> {
      if (running >= concurrency) {
        if (waiting.length >= queue) throw new Problem('busy', { retryAfter: 2 });
        await new Promise<void>((start) => waiting.push(start));
      } else {
        running += 1;
      }
      try {
        return await work();
      } finally {
        // The place passes straight to the next in line, so that nobody can slip in between.
        const next = waiting.shift();
        if (next) next();
        else running -= 1;
      }
    },
  };
}

function phcBase64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
