/** The bare hash: what @node-rs/argon2, the package that the service uses, makes of the service's parameters. */
import { hash, verify } from '@node-rs/argon2';

const password = 'four unrelated plain words';

/** The defaults of the service's options; `algorithm` 2 is Argon2id. */
const phc = hash(password, { memoryCost: 19456, timeCost: 2, parallelism: 1, algorithm: 2 });

export async function hashOnce() {
  if (!(await verify(await phc, password))) throw new Error('The hash does not fit.');
}

export async function hashForEver() {
  while (true) await hashOnce();
}
