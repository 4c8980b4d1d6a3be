import { decodeBase32 } from '../src/base32.ts';
import { hotp, stepAt } from '../src/totp/code.ts';

/** An account with an authenticator, and the requests of a sign-in; `{code}`, as long as a code, and `{cookies}` stand for what is known later. */
export interface Account {
  /** Base32. */
  secret: string;
  first: string;
  second?: string;
}

/**
 * Codes of many accounts in turn, none of them twice: each account has two at a time, which stay good for 30 s at
 * least, and a new one every 30 s. With `again` the present code of each is given again and again.
 */
export function createCodes(accounts: readonly Account[], again = false) {
  const spent = new Map<Account, number>();
  let at = 0;
  return {
    next(now: number): { account: Account; code: string } {
      for (let tried = 0; tried < accounts.length; tried += 1) {
        const account = accounts[at++ % accounts.length];
        const step = Math.max((account && spent.get(account)) ?? 0, stepAt(now) - 1) + 1;
        if (!account || step > stepAt(now) + 1) continue;
        if (!again) spent.set(account, step);
        return { account, code: codeOf(account.secret, step) };
      }
      throw new Error(
        'All codes of all accounts are spent: there are too few accounts for a machine as quick as this.',
      );
    },
  };
}

export function codeOf(secret: string, step: number): string {
  const bytes = decodeBase32(secret.replace(/=+$/, ''));
  if (!bytes) throw new Error('A secret is not Base32.');
  return hotp(bytes, step);
}
