import { alert, html, layout, linkToSignIn, newPasswordField } from '../pages/pages.ts';

interface Form {
  service: string;
  name: string;
  token: string;
  /** Characters that a password has at least. */
  minimum: number;
  /** What is to be mended. */
  error?: string;
}

/** The form on which an invited person chooses a password. The name is in it for password managers. */
export function invitationPage({ service, name, token, minimum, error }: Form): string {
  const again = error !== undefined;
  const main = html`<h1>Choose your password</h1>
${alert(error)}
<form method="post" action="/invitation">
<input type="hidden" name="token" value="${token}">
<label for="username">Your name at ${service}</label>
<input type="text" id="username" name="username" value="${name}" autocomplete="username" readonly>
${newPasswordField({ minimum, wrong: again, first: true })}
<button type="submit">Set the password</button>
</form>`;
  return layout({ title: again ? 'Error: Choose your password' : 'Choose your password', service, main });
}

/** After the form: the account has its password. */
export function invitationDonePage({ service }: { service: string }): string {
  const main = html`<h1>Your password is set</h1>
<p>You can sign in to ${service} with it now.</p>
${linkToSignIn()}`;
  return layout({ title: 'Password set', service, main });
}

/** The link was used, is over, or was followed by a newer one. */
export function invitationGonePage({ service }: { service: string }): string {
  const main = html`<h1>This link does not work any more</h1>
<p>A link works once and only for a limited time. If you have set your password already, sign in with it. Otherwise ask an administrator of ${service} for a new link.</p>
${linkToSignIn()}`;
  return layout({ title: 'Error: Link not valid', service, main });
}
