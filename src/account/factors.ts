import type { Database } from '../database/database.ts';
import { Problem } from '../http/http.ts';
import type { Facts, SignIn } from '../sign-in/sign-in.ts';

/** Which factors an account has, as far as its pages say different things of them. */
export interface Factors {
  password: boolean;
  authenticator: boolean;
  passkeys: boolean;
}

/** Reads them off the facts of an account. */
export function factorsOf({ password, authenticator, passkeys }: Facts): Factors {
  return {
    password: password !== undefined,
    authenticator: authenticator !== undefined,
    passkeys: passkeys !== undefined,
  };
}

/** The facts of the account that a page is about. Throws `unauthenticated` where it has just gone. */
export async function mustReadFacts(
  { database, signIn }: { database: Database; signIn: SignIn },
  userId: string,
): Promise<Facts> {
  const facts = await signIn.readFacts(database.read, userId);
  if (!facts) throw new Problem('unauthenticated');
  return facts;
}
