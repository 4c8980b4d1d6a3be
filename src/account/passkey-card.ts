import { type Html, hiddenOwner, html, timeOf } from '../pages/pages.ts';
import type { StoredPasskey } from '../passkeys/passkeys.ts';
import type { Removal } from './removal.ts';

/** A passkey as its owner sees it. */
export interface OwnPasskey
  extends Pick<StoredPasskey, 'id' | 'rpId' | 'name' | 'backupEligible' | 'backedUp' | 'createdAt' | 'lastUsedAt'> {
  removal: Removal;
}

interface About {
  /** Whose it is. */
  name: string;
  /** The host name for which passkeys are made here. */
  host: string | undefined;
  /** Whether the account has one. */
  password: boolean;
  renaming: { id: string; name: string } | undefined;
  removing: string | undefined;
}

const here = '/account/passkeys';

/** One passkey: what is known of it, another name for it, and taking it away. */
export function passkeyCard(passkey: OwnPasskey, about: About): Html {
  const { rpId, name, createdAt, lastUsedAt } = passkey;
  const elsewhere = rpId !== about.host;
  return html`<h2>${name}${elsewhere && html` <span class="badge wrong">Works only at ${rpId}</span>`}</h2>
<dl>
<div><dt>Added</dt><dd>${timeOf(createdAt)}</dd></div>
<div><dt>Last used</dt><dd>${lastUsedAt === undefined ? 'Never' : timeOf(lastUsedAt)}</dd></div>
<div><dt>Kept</dt><dd>${whereItIs(passkey)}</dd></div>
</dl>
${elsewhere && html`<p>It was made when this service had another address, and cannot sign in at this one. Add a new one here, then remove it.</p>`}
${renaming(passkey, about)}
${removing(passkey, about)}`;
}

function whereItIs({ backupEligible, backedUp }: OwnPasskey): string {
  if (!backupEligible) return 'On one device only';
  return backedUp ? 'Synced between your devices' : 'On one device so far; it can be synced';
}

function renaming({ id, name }: OwnPasskey, about: About): Html {
  const typed = about.renaming?.id === id ? about.renaming.name : undefined;
  const value = typed ?? name;
  return html`<details${typed !== undefined && html` open`}>
<summary>Rename<span class="unseen"> ${name}</span></summary>
<form method="post" action="${here}/rename">${hiddenOwner(about)}<input type="hidden" name="id" value="${id}">
${passkeyNameField({ id: `name-${id}`, label: 'New name', value, wrong: typed !== undefined })}
<button type="submit">Rename</button></form>
</details>`;
}

interface NameField {
  id: string;
  label: string;
  value: string;
  hint?: string;
  wrong: boolean;
}

/** How a passkey is called. */
export function passkeyNameField({ id, label, value, hint, wrong }: NameField): Html {
  const descriptions = [wrong && 'error', hint && `${id}-hint`].filter(Boolean).join(' ');
  return html`<label for="${id}">${label}</label>
${hint && html`<p class="hint" id="${id}-hint">${hint}</p>`}
<input type="text" id="${id}" name="name" value="${value}" maxlength="64" required${wrong && html` aria-invalid="true"`}${descriptions !== '' && html` aria-describedby="${descriptions}"`}>`;
}

function removing({ id, name, removal }: OwnPasskey, about: About): Html {
  return html`<details${about.removing === id && html` open`}>
<summary>Remove<span class="unseen"> ${name}</span></summary>
<p>${consequences[removal]} ${remedies[removal]?.[about.password ? 'password' : 'none']}</p>
${
  removal !== 'required' &&
  html`<form method="post" action="${here}/remove">${hiddenOwner(about)}<input type="hidden" name="id" value="${id}">
${removal === 'last way in' && accepting()}<button type="submit" class="danger">Remove<span class="unseen"> ${name}</span></button></form>`
}
</details>`;
}

const consequences: Record<Removal, Html> = {
  harmless: html`It signs you in no more, and every other session ends. Delete it on your device too, if it is still offered there.`,
  'last second factor': html`It is your only second factor: without it <strong>your password alone opens this account</strong>. Your recovery codes stop working, and every other session ends.`,
  'codes alone': html`It is the only passkey that works here: without it your password signs you in <strong>only together with a recovery code</strong>. Every other session ends.`,
  'last way in': html`It is the only way into this account: without it <strong>nobody can sign in any more, not even you</strong>, until an administrator makes a link for you. Every other session ends, and this one cannot be renewed.`,
  required: html`It cannot be removed: this account must have a second factor, and there is no other one.`,
};

/** What to do before, with a password and without one: an app is nothing to an account that has none. */
const remedies: Partial<Record<Removal, Record<'password' | 'none', Html>>> = {
  'last way in': {
    password: html`Add another passkey first, or <a href="/account/authenticator">set up an authenticator app</a>.`,
    none: html`Add another passkey first, or <a href="/account/password">set a password</a>.`,
  },
  required: {
    password: html`Add another passkey or <a href="/account/authenticator">set up an authenticator app</a> first.`,
    none: html`Add another passkey first; or <a href="/account/password">set a password</a> and <a href="/account/authenticator">set up an authenticator app</a>.`,
  },
};

function accepting(): Html {
  return html`<label class="check"><input type="checkbox" name="accept" value="no_way_in" required> I know that nobody can sign in to this account then, myself included</label>
`;
}
