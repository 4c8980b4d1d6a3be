import type { Database } from '../database/database.ts';
import { type AuthenticatorData, type Expected, type Refusal, readClientData } from './answer.ts';
import type { PasskeySecrets } from './asking.ts';
import { judgeClient, type Refused, type Registered, verifyAssertion, verifyRegistration } from './ceremony.ts';
import { type Ceremony, type Challenge, readChallenge } from './challenge.ts';
import { wrongPasskey } from './refusals.ts';
import type { RelyingParty } from './relying-party.ts';
import type { AuthenticationResponse, RegistrationResponse } from './shapes.ts';
import { isSpent, type StoredPasskey, selectByCredential, selectHandle } from './store.ts';

/** A right answer to a registration, to be kept in the transaction of what it changes. */
export interface NewPasskey {
  registered: Registered;
  challenge: Challenge;
  rpId: string;
}

/** An answer to a registration that was asked for, and is refused. No other answer to its challenge will be taken. */
export interface RefusedPasskey {
  challenge: Challenge;
  refused: Refusal;
}

/** An assertion that answers what was asked, and has been judged. No other answer to its challenge will be taken. */
export type JudgedAssertion = {
  /** What it answers: spent in the transaction of what follows. */
  challenge: Challenge;
  /** The account that it is meant for: the one given, else that of the passkey that it names. */
  meantFor: string | undefined;
} & ({ passkey: StoredPasskey; said: AuthenticatorData } | { passkey?: StoredPasskey; refused: Refusal });

/** Judging what browsers answer. Nothing is changed by it. */
export function createJudging(parts: {
  database: Database;
  secrets: Pick<PasskeySecrets, 'challenges'>;
  /** Throws `forbidden` where there can be no passkeys. */
  mustHaveRelyingParty: () => RelyingParty;
}) {
  const { database, secrets, mustHaveRelyingParty } = parts;

  /** The passkey that an assertion is by, where it is for this host, of the account given, and of the one of its handle. */
  const mayAnswer = async (
    answer: AuthenticationResponse,
    passkey: StoredPasskey | undefined,
    userId: string | undefined,
    rpId: string,
  ): Promise<StoredPasskey | Refusal> => {
    if (!passkey || passkey.rpId !== rpId) return 'unknown_credential';
    // A browser is told to forget what is unknown, and this is only somebody else's.
    if (userId !== undefined && passkey.userId !== userId) return 'signature';
    const { userHandle } = answer.response;
    if (!userHandle) return userId === undefined ? 'signature' : passkey;
    const handle = await selectHandle(database.read, passkey.userId);
    return handle?.equals(Buffer.from(userHandle, 'base64url')) ? passkey : 'signature';
  };

  /** What an answer is held against, where it is to a challenge of ours, made for this ceremony and good still. */
  const asked = (
    answer: RegistrationResponse | AuthenticationResponse,
    type: 'webauthn.create' | 'webauthn.get',
    ceremony: Ceremony,
    now: number,
  ): { challenge: Challenge; expected: Expected } | Refused => {
    const relyingParty = mustHaveRelyingParty();
    const text = readClientData(answer.response.clientDataJSON)?.challenge ?? '';
    const challenge = readChallenge(secrets.challenges, text, ceremony, now);
    const expected = { relyingParty, challenge: text };
    return challenge ? { challenge, expected } : { refused: judgeClient(answer, type, expected) ?? 'challenge' };
  };

  return {
    /** Verifies the answer to a registration. Throws `wrong_passkey` where it answers no challenge of ours. */
    async verify(answer: RegistrationResponse, ceremony: Ceremony, now: number): Promise<NewPasskey | RefusedPasskey> {
      const found = asked(answer, 'webauthn.create', ceremony, now);
      if ('refused' in found) throw wrongPasskey(found.refused);
      const { challenge, expected } = found;
      const registered = await verifyRegistration(answer, expected);
      if ('refused' in registered) return { challenge, ...registered };
      return { registered, challenge, rpId: expected.relyingParty.id };
    },

    /**
     * Judges an assertion by the passkey that it names, which must be one of the account given; where none is, the
     * assertion says whose it is. Of what answers nothing that was asked in this ceremony, or was answered already, there
     * is only the reason: no key is looked at for it.
     */
    async judge(
      answer: AuthenticationResponse,
      ceremony: Ceremony,
      userId: string | undefined,
      now: number,
    ): Promise<JudgedAssertion | Refused> {
      const found = asked(answer, 'webauthn.get', ceremony, now);
      if ('refused' in found) return found;
      const { challenge, expected } = found;
      if (await isSpent(database.read, challenge)) return { refused: 'challenge' };
      const named = await selectByCredential(database.read, Buffer.from(answer.id, 'base64url'));
      const about = { challenge, meantFor: userId ?? named?.userId };
      const passkey = await mayAnswer(answer, named, userId, expected.relyingParty.id);
      if (typeof passkey === 'string') return { ...about, refused: passkey };
      const said = await verifyAssertion(answer, passkey, expected);
      return 'refused' in said ? { ...about, passkey, ...said } : { ...about, passkey, said };
    },
  };
}
