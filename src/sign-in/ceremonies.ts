import type { Ceremony } from '../passkeys/passkeys.ts';
import { hashToken } from '../tokens.ts';

/** What a passkey may be asked for, and of whom: each is asked and judged by the same words, so that neither strays. */

/** To sign in alone: of whoever keeps this token. */
export const toSignIn = (token: string): Ceremony => ({ purpose: 'sign-in', boundTo: token });

/** To finish a half sign-in. */
export const afterPassword = ({ id }: { id: string }): Ceremony => ({ purpose: 'second factor', boundTo: id });

/** To prove again, from a session, that it is still the same person. */
export const toProveAgain = ({ id }: { id: string }): Ceremony => ({ purpose: 'reauthentication', boundTo: id });

/** To make a new passkey, from a session. */
export const toRegister = ({ id }: { id: string }): Ceremony => ({ purpose: 'registration', boundTo: id });

/** To make a passkey by a one-time link: of whoever holds it. Bound to what is stored of it, so that its token is nowhere else. */
export const toRegisterByLink = (token: string): Ceremony => ({
  purpose: 'registration',
  boundTo: hashToken(token).toString('base64url'),
});
