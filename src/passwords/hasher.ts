import { randomBytes } from 'node:crypto';
import { hash as argon2Hash, verify as argon2Verify } from '@node-rs/argon2';
import { type Asker, createPool } from './pool.ts';
import { type HashWatch, watchedPool } from './watched-pool.ts';

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

interface Verdict {
  right: boolean;
  /** A hash with the present parameters, where the one of the right password had lower ones and nobody waited. */
  fresh?: string;
}

export type Hasher = ReturnType<typeof createHasher>;

export function createHasher(parameters: HashParameters, argon: Argon2, watch?: HashWatch) {
  const cost = { memoryCost: parameters.memory, timeCost: parameters.passes, parallelism: 1 };
  const unwatched = createPool(parameters.concurrency, parameters.queue);
  const pool = watch ? watchedPool(unwatched, watch) : unwatched;
  const dummies = new Map<string, string>();

  /** Verifying against it costs what verifying against a real hash does; being random, it fits no password. */
  const dummyOf = (set: string): string => {
    const dummy =
      dummies.get(set) ?? `$argon2id$v=19$${set}$${phcBase64(randomBytes(16))}$${phcBase64(randomBytes(32))}`;
    dummies.set(set, dummy);
    return dummy;
  };

  const isOutdated = (set: string): boolean => {
    const [memory, passes] = Array.from(set.matchAll(/\d+/g), Number);
    return (memory ?? 0) < cost.memoryCost || (passes ?? 0) < cost.timeCost;
  };

  return {
    /** The parameters of new hashes, in the form of `parametersOf`. */
    present: `m=${cost.memoryCost},t=${cost.timeCost},p=1`,

    /** A PHC string of a prepared password. Throws `busy`. */
    hash: (password: string, asker: Asker): Promise<string> => pool.add(asker, () => argon.hash(password, cost)),

    /**
     * Whether the password fits. One hash is run for each of the sets of parameters, one after another in one place of
     * the pool: the real one where it belongs, dummies in the others, and dummies alone where there is no hash. So
     * the time tells neither whether there is a hash nor with which of these sets it was made. Throws `busy`.
     */
    verify(phc: string | undefined, password: string, sets: readonly string[], asker: Asker): Promise<Verdict> {
      const own = phc && parametersOf(phc);
      return pool.add(asker, async () => {
        let right = false;
        for (const set of sets) {
          const fits = await argon.verify(phc && set === own ? phc : dummyOf(set), password);
          if (fits && set === own) right = true;
        }
        // A queue of people who want to sign in comes before better parameters.
        if (!right || !own || !isOutdated(own) || pool.load().waiting > 0) return { right };
        return { right, fresh: await argon.hash(password, cost) };
      });
    },

    /** Throws `busy` where whoever asks would be turned away now. */
    mustHaveRoom: pool.mustHaveRoom,
    /** Hashes running and waiting, for the metrics. */
    load: pool.load,
  };
}

/** The part of a PHC string that says with which parameters it was made, such as `m=19456,t=2,p=1`. */
export function parametersOf(phc: string): string | undefined {
  return /^\$argon2id\$v=19\$(m=\d+,t=\d+,p=\d+)\$/.exec(phc)?.[1];
}

function phcBase64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
