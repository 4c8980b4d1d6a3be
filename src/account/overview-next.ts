import { type Html, html } from '../pages/pages.ts';
import type { Overview } from './overview-page.ts';

/** As few as this are too few: new ones should be made before the last is gone. */
const fewCodes = 3;

/** The one thing to do, the most needed first. */
export function whatNext(overview: Overview): Html | undefined {
  const { password, authenticator, passkeys, recoveryCodesLeft: left, byRecoveryCode, alarm, copied } = overview;
  const none = authenticator === 'none';
  if (!password && passkeys.here === 0) return noWayIn(overview);
  if (none && passkeys.here + passkeys.elsewhere === 0) return noSecondFactor(overview);
  if (none && passkeys.here === 0)
    return html`<p>Your passkeys work only at another address of this service: here you sign in with a recovery code, as long as you have one. Add a passkey for this address.</p>
${addPasskey()}`;
  // Without a password there is nothing that a code could be used with.
  const few = password && left <= fewCodes && fewWords(left);
  if (authenticator === 'not confirmed')
    return html`<p>${password ? 'Signing in asks for a code of your authenticator app already.' : 'Your authenticator app is in force already.'} Confirm the app with one now, so that you know it works.</p>
${primary('/account/authenticator', 'Confirm your authenticator app')}
${few}`;
  if (byRecoveryCode) return html`${lost(overview)}\n${few}`;
  if (few) return html`${few}\n${primary('/account/recovery-codes', 'Make new recovery codes')}`;
  if (!password && passkeys.here === 1)
    return html`<p>Your one passkey is the only way into this account: lose it, and only an administrator can let you in again. Add another one on another device, or <a href="/account/password">set a password</a>.</p>
${primary('/account/passkeys', 'Add another passkey')}`;
  return alarm || copied ? undefined : html`<p>Your account is well protected.</p>\n${offer(overview)}`;
}

function noWayIn({ passkeys }: Overview): Html {
  const begun = 'Nobody can sign in to this account any more, not even you: it has no password, and';
  // Without any passkey nothing is left to prove again with, and both of what would help asks for that.
  if (passkeys.elsewhere === 0)
    return html`<p class="warning">${begun} no passkey. Before this session ends, ask an administrator for a one-time link.</p>`;
  return html`<p class="warning">${begun} passkeys only for another address of this service. If you still can, <a href="/account/passkeys">add a passkey</a> or <a href="/account/password">set a password</a> now. Otherwise, before this session ends, ask an administrator for a one-time link.</p>`;
}

function noSecondFactor({ takesPasskeys }: Overview): Html {
  const danger = 'Your password alone opens this account.';
  if (!takesPasskeys)
    return html`<p>${danger} With an authenticator app on your phone it stays safe even when somebody learns the password.</p>
${primary('/account/authenticator', 'Set up an authenticator app')}`;
  return html`<p>${danger} With a passkey it stays safe even when somebody learns the password, and you sign in by fingerprint, face or screen lock.</p>
${addPasskey()}
<ul class="ways"><li><a href="/account/authenticator">Set up an authenticator app</a></li></ul>`;
}

/** What to do where a recovery code was needed. */
function lost(overview: Overview): Html {
  if (overview.authenticator === 'none')
    return html`<p>Is the device with your passkey gone? Then remove that passkey, and add one on another device.</p>
${primary('/account/passkeys', 'Look after your passkeys')}`;
  return html`<p>Is your phone gone? Then move the authenticator to another one.</p>
${primary('/account/authenticator', 'Move to another phone')}
${offer(overview)}`;
}

/** A passkey, to whoever has none and needs none. */
function offer({ takesPasskeys, passkeys }: Overview): Html | undefined {
  if (!takesPasskeys || passkeys.here > 0) return undefined;
  return html`<p>With a passkey there is nothing to type: fingerprint, face or screen lock signs you in. <a href="/account/passkeys">Add a passkey</a></p>`;
}

function fewWords(left: number): Html {
  const words = left === 0 ? 'No recovery codes left' : `Only ${left} recovery code${left === 1 ? '' : 's'} left`;
  return html`<p><strong>${words}.</strong> Make new ones before you need them.</p>`;
}

const addPasskey = () => primary('/account/passkeys', 'Add a passkey');

function primary(path: string, words: string): Html {
  return html`<p><a class="button primary" href="${path}">${words}</a></p>`;
}

/** A reminder where one thing that is lost leaves nothing but the codes. */
export function whatIfLost({ password, authenticator, passkeys }: Overview): Html | undefined {
  if (authenticator !== 'none' && password && passkeys.here === 0)
    return html`<p>An authenticator app on one phone can be lost with the phone. Your recovery codes are the way back: keep them somewhere else.</p>`;
  if (authenticator === 'none' && password && passkeys.here === 1)
    return html`<p>A passkey can be lost with its device. Your recovery codes are the way back, together with your password: keep them somewhere else. Better still, <a href="/account/passkeys">add another passkey</a> on another device.</p>`;
  return undefined;
}
