import type { FormError } from '../http/http.ts';
import { html, layout, linkToSignIn, newPasswordField, problem, type Site } from '../pages/pages.ts';

interface Form {
  site: Site;
  name: string;
  token: string;
  /** Characters that a password has at least. */
  minimum: number;
  error?: FormError;
}

/** The form on which an invited person chooses a password. The name is in it for password managers. */
export function invitationPage({ site, name, token, minimum, error }: Form): string {
  const main = html`<h1>Choose your password</h1>
${problem(error)}
<form method="post" action="/invitation">
<input type="hidden" name="token" value="${token}">
<label for="username">Your name at ${site.service}</label>
<input type="text" id="username" name="username" value="${name}" autocomplete="username" readonly>
${newPasswordField({ name: 'password', minimum, wrong: error?.code === 'weak_password', first: error === undefined })}
<button type="submit" class="primary">Set the password</button>
</form>`;
  return layout({ site, title: 'Choose your password', main, wrong: error !== undefined });
}

/** After the form: the account has its password. */
export function invitationDonePage({ site }: { site: Site }): string {
  const main = html`<h1>Your password is set</h1>
<p>You can sign in to ${site.service} with it now.</p>
${linkToSignIn()}`;
  return layout({ site, title: 'Password set', main });
}

/** The link was used, is over, or was followed by a newer one. */
export function invitationGonePage({ site }: { site: Site }): string {
  const main = html`<h1>This link does not work any more</h1>
<p>A link works once and only for a limited time. If you have set your password already, sign in with it. Otherwise ask an administrator of ${site.service} for a new link.</p>
${linkToSignIn()}`;
  return layout({ site, title: 'Link not valid', main, wrong: true });
}
