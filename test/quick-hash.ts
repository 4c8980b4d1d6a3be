import { createHash } from 'node:crypto';
import type { Argon2 } from '../src/passwords/passwords.ts';

/** Stands in for Argon2id where a test signs in hundreds of times and the hash is not what it is about. */
export const quickHash: Argon2 = {
  async hash(password, { memoryCost, timeCost, parallelism }) {
    return `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$c2FsdA$${digest(password)}`;
  },
  async verify(phc, password) {
    return phc.endsWith(`$${digest(password)}`);
  },
};

function digest(password: string): string {
  return createHash('sha256').update(password).digest('base64').replace(/=+$/, '');
}
