import type { FormError } from '../http/http.ts';
import {
  type Html,
  html,
  layout,
  linkToSignIn,
  newPasswordField,
  passkeyForm,
  problem,
  type Site,
} from '../pages/pages.ts';
import type { CreationOptions } from '../passkeys/passkeys.ts';
import type { Factors } from './factors.ts';

interface Form {
  site: Site;
  name: string;
  token: string;
  /** Characters that a password has at least. */
  minimum: number;
  /** What a browser is asked for a passkey, where one may take the place of a password. */
  passkey?: CreationOptions | undefined;
  error?: FormError;
}

/** The forms on which an invited person chooses a password or a passkey. The name is there for password managers. */
export function invitationPage({ site, name, token, minimum, passkey, error }: Form): string {
  const title = passkey ? 'Choose how you sign in' : 'Choose your password';
  const main = html`<h1>${title}</h1>
${problem(error)}
<form method="post" action="/invitation">
<input type="hidden" name="token" value="${token}">
<label for="username">Your name at ${site.service}</label>
<input type="text" id="username" name="username" value="${name}" autocomplete="username" readonly>
${newPasswordField({ name: 'password', minimum, wrong: error?.code === 'weak_password', first: error === undefined })}
<button type="submit" class="primary">Set the password</button>
</form>
${passkey && passkeyInstead(passkey, token)}`;
  return layout({ site, title, main, wrong: error !== undefined });
}

function passkeyInstead(options: CreationOptions, token: string): Html {
  const fields = html`<p>Or sign in by fingerprint, face or screen lock, with no password to remember; if you lose every passkey, an administrator must help you.</p>
<input type="hidden" name="token" value="${token}">`;
  return passkeyForm({ action: '/invitation', does: 'create', options, label: 'Create a passkey instead', fields });
}

/** After the form: the account has its password. */
export function invitationDonePage({ site, factors }: { site: Site; factors: Factors }): string {
  const main = html`<h1>Your password is set</h1>
<p>You can sign in to ${site.service} with it now${besides(factors)}.</p>
${linkToSignIn()}`;
  return layout({ site, title: 'Password set', main });
}

/** What is asked for besides the password. */
function besides({ passkeys, authenticator }: Factors): string {
  if (!passkeys && !authenticator) return '';
  const factors = [passkeys && 'your passkey', authenticator && 'a code of your authenticator app'];
  return `, together with ${[...factors, 'a recovery code'].filter(Boolean).join(' or ')}`;
}

/** The link was used, is over, or was followed by a newer one. */
export function invitationGonePage({ site }: { site: Site }): string {
  const main = html`<h1>This link does not work any more</h1>
<p>A link works once and only for a limited time. If you have used it already, sign in with what you chose. Otherwise ask an administrator of ${site.service} for a new link.</p>
${linkToSignIn()}`;
  return layout({ site, title: 'Link not valid', main, wrong: true });
}

/** The page without a link. */
export function linkWantedPage({ site }: { site: Site }): string {
  const main = html`<h1>Open your link once more</h1>
<p>What is to be done here begins with the link that you were given. Open it again: as long as you have not used it, it still works.</p>
${linkToSignIn()}`;
  return layout({ site, title: 'Link wanted', main, wrong: true });
}
