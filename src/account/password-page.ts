import type { FormError } from '../http/http.ts';
import {
  type Html,
  hiddenReturnTo,
  html,
  layout,
  newPasswordField,
  type Person,
  passwordField,
  problem,
  type Site,
  usernameField,
} from '../pages/pages.ts';
import { signOutForm } from './pieces.ts';

interface Form {
  site: Site;
  name: string;
  /** Nobody while the session may do nothing else. */
  person: Person | undefined;
  /** Characters that a new password has at least. */
  minimum: number;
  /** There is none yet: the account signs in with passkeys alone. */
  first: boolean;
  returnTo: string | undefined;
  error?: FormError;
}

/** Changing one's password, or setting a first one. No password is ever filled in by us. */
export function passwordPage({ site, name, person, returnTo, minimum, first, error }: Form): string {
  const title = first ? 'Set a password' : 'Change your password';
  const main = html`<h1>${title}</h1>
${problem(error)}
${first && html`<p>You sign in with a passkey, and this account has no password. A password is another way in, for a day without your passkeys: together with a recovery code, never alone.</p>`}
${!person && html`<p>Your password has become the only thing that protects this account, and it is too short for that. Choose a longer one, then go on.</p>`}
<form method="post" action="/account/password">
${hiddenReturnTo(returnTo)}
${usernameField({ value: name, readonly: true })}
${!first && currentPassword(error)}
${newPasswordField({ name: 'new', minimum, wrong: error?.code === 'weak_password', first: first && error === undefined })}
<p class="hint">Every other session of yours ends with it, and every other browser that knows you is forgotten.</p>
<button type="submit" class="primary">${first ? 'Set the password' : 'Change the password'}</button>
</form>
${!person && signOutForm()}`;
  return layout({
    site,
    title,
    main,
    person,
    here: '/account/password',
    wrong: error !== undefined,
  });
}

function currentPassword(error: FormError | undefined): Html {
  return passwordField({
    name: 'current',
    label: 'Current password',
    autocomplete: 'current-password',
    wrong: error?.code === 'wrong_password',
    first: error === undefined,
  });
}
