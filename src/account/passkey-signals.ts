import type { Database } from '../database/database.ts';
import type { Session } from '../http/http.ts';
import { type Html, html, passkeySignal } from '../pages/pages.ts';
import type { Passkeys } from '../passkeys/passkeys.ts';

/**
 * What browsers are told, so that what they offer is what there is (WebAuthn, 5.1.10): which passkeys of the account are
 * good here, so that they hide others of it, and how the account is called now.
 */
export async function signals(
  read: Database['read'],
  { userId, name }: Pick<Session, 'userId' | 'name'>,
  passkeys: Passkeys,
): Promise<Html | undefined> {
  const rpId = passkeys.relyingParty()?.id;
  if (rpId === undefined) return undefined;
  const account = { rpId, userId: (await passkeys.handleOf(read, userId)).toString('base64url') };
  const usable = await passkeys.usable(read, userId);
  const allAcceptedCredentialIds = usable.map(({ credentialId }) => credentialId.toString('base64url'));
  return html`${passkeySignal('signalAllAcceptedCredentials', { ...account, allAcceptedCredentialIds })}
${passkeySignal('signalCurrentUserDetails', { ...account, name, displayName: name })}`;
}
