import { type FormError, withReturn } from '../http/http.ts';
import {
  type Html,
  hiddenOwner,
  hiddenReturnTo,
  html,
  layout,
  notice,
  type Person,
  passkeyForm,
  problem,
  type Site,
  whatPasskeysTake,
  withoutPasskeys,
} from '../pages/pages.ts';
import { type CreationOptions, mostPasskeys, type RelyingParty } from '../passkeys/passkeys.ts';
import type { Factors } from './factors.ts';
import { type OwnPasskey, passkeyCard, passkeyNameField } from './passkey-card.ts';
import { signOutForm } from './pieces.ts';

export interface PasskeysShown {
  site: Site;
  /** Whose passkeys they are. */
  name: string;
  person: Person | undefined;
  /** The session may do nothing else before it has a second factor. */
  enrolling: boolean;
  factors: Factors;
  /** For whom passkeys are made here; none where there can be none. */
  relyingParty: RelyingParty | undefined;
  /** The oldest first. */
  passkeys: OwnPasskey[];
  /** What the browser is asked for, to make another one; none where there may be no more. */
  creation: CreationOptions | undefined;
  /** How another one is called, if nobody says otherwise. */
  newName: string;
  /** What the browser is told of passkeys. */
  signals: Html | undefined;
  returnTo: string | undefined;
  /** The word of a notice. */
  done?: string | undefined;
  error?: FormError;
  /** The one whose new name would not do, and what it was. */
  renaming?: { id: string; name: string } | undefined;
  /** The one that could not be removed. */
  removing?: string | undefined;
}

const here = '/account/passkeys';

/** The passkeys of an account: what they are, where there is none; what there is, and one more. */
export function passkeysPage(shown: PasskeysShown): string {
  const { site, person, enrolling, relyingParty, passkeys, signals, done, error } = shown;
  const title = enrolling ? 'Add a passkey' : 'Your passkeys';
  const main = html`<h1>${title}</h1>
${problem(error)}
${notice(passkeys.length > 0 ? notices.get(done ?? '') : undefined)}
${enrolling && html`<p>This account must have a second factor: besides the password, something that only you have.</p>`}
${passkeys.length > 0 ? cards(shown) : relyingParty && hero(relyingParty)}
${shown.renaming || shown.removing !== undefined ? backToAll() : adding(shown)}
${enrolling && otherWay(shown)}
${signals}`;
  return layout({ site, title, main, person, here, wrong: error !== undefined });
}

const notices = new Map<string, Html | string>([
  ['added', 'Your passkey is added: it signs you in from now on. Every other session has ended.'],
  [
    'there-already',
    html`That passkey is added already: it signs you in. If you did not save the recovery codes that came with it, <a href="/account/recovery-codes">make new ones</a>.`,
  ],
  ['renamed', 'Your passkey has its new name.'],
  ['removed', 'That passkey is removed, and every other session has ended.'],
]);

/** What a passkey is, for whoever has none. */
function hero({ id: host }: RelyingParty): Html {
  return html`<p>With a passkey you sign in by what unlocks your device: fingerprint, face or screen lock.</p>
<ul>
<li>Nothing to type and nothing to remember.</li>
<li>There is no password that somebody could steal or guess.</li>
<li>It works only on this site, <strong>${host}</strong>: an imitation gets nothing.</li>
<li>Your fingerprint and your face never leave your device.</li>
</ul>`;
}

function cards({ name, relyingParty, factors: { password }, passkeys, removing, renaming }: PasskeysShown): Html {
  const host = relyingParty?.id;
  const usable = passkeys.filter(({ rpId }) => rpId === host).length;
  const which = usable === passkeys.length ? 'Each of these signs' : 'Those made for this address sign';
  return html`<p>${usable === 0 ? 'None of these works at this address of the service.' : `${which} you in by fingerprint, face or screen lock.`} Remove those that you have lost or do not know.</p>
<ul class="cards">
${passkeys.map((passkey) => html`<li>${passkeyCard(passkey, { name, host, password, removing, renaming })}</li>\n`)}</ul>`;
}

function adding(shown: PasskeysShown): Html {
  const { passkeys, relyingParty, creation } = shown;
  const another = passkeys.length > 0 && html`<h2>Add another one</h2>`;
  if (!relyingParty)
    return html`${another}<p>No passkey can be added here: passkeys need a host name, and this service is reached by an IP address. Tell whoever runs it.</p>`;
  if (!creation)
    return html`${another}<p>An account has at most ${mostPasskeys} passkeys. Remove one that you no longer use, then add another one.</p>`;
  return html`${another || undefined}${consequence(shown)}
${withoutPasskeys(html`Adding a passkey takes ${whatPasskeysTake(relyingParty.origin)}: here there is no button for it. Allow JavaScript for this site, or come back with another browser or device.`)}
${addForm(shown, creation)}`;
}

/** Where a form of one passkey was shown again, at an address that takes forms only: nothing there could be asked anew. */
function backToAll(): Html {
  return html`<ul class="ways"><li><a href="${here}">All passkeys, and another one</a></li></ul>`;
}

function addForm(
  { name, passkeys, newName, returnTo, error, renaming }: PasskeysShown,
  options: CreationOptions,
): Html {
  const wrong = error?.code === 'invalid' && renaming === undefined;
  return passkeyForm({
    action: here,
    does: 'create',
    options,
    primary: true,
    label: passkeys.length === 0 ? 'Add a passkey' : 'Add another passkey',
    fields: html`${hiddenOwner({ name })}
${hiddenReturnTo(returnTo)}
${passkeyNameField({ id: 'name', label: 'Name of the passkey', value: newName, hint: 'By which you know it again, such as Phone or Key in the drawer.', wrong })}`,
  });
}

/** What changes with one more. */
function consequence({ factors: { password, authenticator, passkeys } }: PasskeysShown): Html {
  if (passkeys)
    return html`<p>One on each of your devices, or a security key in a drawer: so that losing one does not lock you out. Every other session ends.</p>`;
  const asked = authenticator
    ? 'Once you have one, it signs you in alone. Your password goes on to work, with a code of the app or with the passkey.'
    : 'Once you have one, your password alone no longer signs you in. You get recovery codes, for the day on which the passkey is lost.';
  return html`<p>${password ? asked : 'Once you have one, it signs you in.'} Every other session ends.</p>`;
}

function otherWay({ returnTo }: PasskeysShown): Html {
  const href = withReturn('/account/authenticator', returnTo);
  return html`<ul class="ways"><li><a href="${href}">Set up an authenticator app instead</a></li></ul>
${signOutForm()}`;
}
