import type { Account } from './account.ts';
import * as account from './account.ts';
import type { Reply, Request } from './door.ts';

/** Something that somebody does to the own account: one request, and what it changes. */
export interface Deed {
  name: string;
  request: Request;
  /** The account when it is done; `reply` is missing where nobody heard the answer. */
  done(before: Account, reply?: Reply): Account;
  /** When its code is good no more: refused then, it has changed nothing. */
  lateAt?: number;
}

/** Recovery codes come with the first second factor. */
export function firstCodes(before: Account, after: Account, reply: Reply | undefined): Account {
  return account.hasSecondFactor(before) ? after : account.renewCodes(after, reply && codesIn(reply));
}

export const codesIn = ({ body }: Reply): string[] => (body['recovery_codes'] as string[] | undefined) ?? [];
