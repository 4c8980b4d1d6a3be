import type { FormError } from '../http/http.ts';
import {
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
  returnTo: string | undefined;
  error?: FormError;
}

/** Changing one's password. No password is ever filled in by us. */
export function passwordPage({ site, name, person, returnTo, minimum, error }: Form): string {
  const main = html`<h1>Change your password</h1>
${problem(error)}
${!person && html`<p>Your password has become the only thing that protects this account, and it is too short for that. Choose a longer one, then go on.</p>`}
<form method="post" action="/account/password">
${hiddenReturnTo(returnTo)}
${usernameField({ value: name, readonly: true })}
${passwordField({
  name: 'current',
  label: 'Current password',
  autocomplete: 'current-password',
  wrong: error?.code === 'wrong_password',
  first: error === undefined,
})}
${newPasswordField({ name: 'new', minimum, wrong: error?.code === 'weak_password' })}
<p class="hint">Every other session of yours ends with the change, and every other browser that knows you is forgotten.</p>
<button type="submit" class="primary">Change the password</button>
</form>
${!person && signOutForm()}`;
  return layout({
    site,
    title: 'Change your password',
    main,
    person,
    here: '/account/password',
    wrong: error !== undefined,
  });
}
