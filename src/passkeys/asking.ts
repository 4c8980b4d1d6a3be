import { createHmac } from 'node:crypto';
import type { Db } from '../database/database.ts';
import { Problem } from '../http/http.ts';
import { type Ceremony, makeChallenge } from './challenge.ts';
import { type CreationOptions, makeCreationOptions, makeRequestOptions, type RequestOptions } from './options.ts';
import { type RelyingParty, relyingPartyOf } from './relying-party.ts';
import { type StoredPasskey, selectHandle, selectPasskeys } from './store.ts';

/** What is kept from whoever answers. */
export interface PasskeySecrets {
  challenges: Buffer;
  handles: Buffer;
}

/** What browsers are asked for. Nothing is stored for it: anybody can open a page that asks. */
export function createAsking(parts: { secrets: PasskeySecrets; publicUrl: () => string; service: string }) {
  const { secrets, publicUrl, service } = parts;
  const relyingParty = () => relyingPartyOf(publicUrl());

  const mustHaveRelyingParty = (): RelyingParty => {
    const found = relyingParty();
    if (found) return found;
    const detail = 'Passkeys need a host name, and this service is reached by an IP address. Tell whoever runs it.';
    throw new Problem('forbidden', { detail });
  };

  /**
   * By which an authenticator knows an account (WebAuthn, 14.6.1): 64 bytes that say nothing. It is kept with the first
   * passkey and stays; until then it is made each time, the same, because asking stores nothing.
   */
  const handleOf = async (db: Db, userId: string): Promise<Buffer> =>
    (await selectHandle(db, userId)) ?? createHmac('sha512', secrets.handles).update(userId).digest();

  /** The account's passkeys that can be used here: those of another host name, from before a move, cannot. */
  const usable = async (db: Db, userId: string): Promise<StoredPasskey[]> => {
    const rpId = relyingParty()?.id;
    return (await selectPasskeys(db, userId)).filter((passkey) => passkey.rpId === rpId);
  };

  return {
    relyingParty,
    mustHaveRelyingParty,
    handleOf,
    usable,

    /** What is asked for a new passkey. Throws `forbidden` where there can be none. */
    async creationOptions(
      db: Db,
      user: { id: string; name: string },
      ceremony: Ceremony,
      now: number,
    ): Promise<CreationOptions> {
      const asks = mustHaveRelyingParty();
      const challenge = makeChallenge(secrets.challenges, ceremony, now);
      const handle = await handleOf(db, user.id);
      const known = (await usable(db, user.id)).map(asDescriptor);
      return makeCreationOptions({ relyingParty: asks, service, user: { handle, name: user.name }, challenge, known });
    },

    /**
     * What is asked for an assertion: by one of the account's passkeys, or, where no account is named, by whichever the
     * device has for us. Throws `forbidden` where there can be none.
     */
    async requestOptions(db: Db, ceremony: Ceremony, userId: string | undefined, now: number): Promise<RequestOptions> {
      const asks = mustHaveRelyingParty();
      const challenge = makeChallenge(secrets.challenges, ceremony, now);
      const known = userId === undefined ? [] : (await usable(db, userId)).map(asDescriptor);
      return makeRequestOptions({ relyingParty: asks, challenge, known });
    },
  };
}

const asDescriptor = ({ credentialId, transports }: StoredPasskey) => ({
  id: credentialId.toString('base64url'),
  transports,
});
