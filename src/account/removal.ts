import type { StoredPasskey } from '../passkeys/passkeys.ts';
import { type Facts, whatForbids } from '../sign-in/sign-in.ts';

/** What is so once a passkey is gone, as its owner should know before. The server judges it again. */
export type Removal = 'required' | 'last way in' | 'last second factor' | 'codes alone' | 'harmless';

interface Account {
  facts: Pick<Facts, 'password' | 'authenticator' | 'secondFactorRequired'>;
  passkeys: readonly Pick<StoredPasskey, 'id' | 'rpId'>[];
  recoveryCodesLeft: number;
  /** The host name for which passkeys are made here now. */
  host: string | undefined;
}

/** What removing the passkey of this id brings with it. */
export function removalOf(id: string, { facts, passkeys, recoveryCodesLeft, host }: Account): Removal {
  const left = passkeys.filter((passkey) => passkey.id !== id);
  const usable = left.filter(({ rpId }) => rpId === host).length;
  const { authenticator } = facts;
  const forbids = whatForbids(facts, { passkeys: { all: left.length, usable }, recoveryCodesLeft });
  if (forbids) return forbids === 'last_way_in' ? 'last way in' : 'required';
  if (authenticator || usable > 0) return 'harmless';
  return left.length === 0 ? 'last second factor' : 'codes alone';
}
