import type { FormError } from '../http/http.ts';
import { html, layout, linkToSignIn, newPasswordField, problem, type Site } from '../pages/pages.ts';

interface Form {
  site: Site;
  token: string;
  /** The name that was typed, when the form is shown again. */
  name?: string;
  /** Characters that a password has at least. */
  minimum: number;
  error?: FormError;
}

/** The form that makes the first administrator. */
export function setupPage({ site, token, name, minimum, error }: Form): string {
  const wrongName = error?.code === 'invalid' || error?.code === 'name_taken';
  const main = html`<h1>Set up ${site.service}</h1>
${problem(error)}
<p>There is no administrator yet: make yourself the first. Everybody else can be invited afterwards.</p>
<form method="post" action="/setup">
<input type="hidden" name="token" value="${token}">
<label for="name">Name</label>
<input type="text" id="name" name="name" value="${name}" autocomplete="username" autocapitalize="none" spellcheck="false" required${wrongName && html` aria-invalid="true" aria-describedby="error"`}${error === undefined && html` autofocus`}>
${newPasswordField({ name: 'password', minimum, wrong: error?.code === 'weak_password' })}
<button type="submit" class="primary">Make me the administrator</button>
</form>`;
  return layout({ site, title: 'Set up', main, wrong: error !== undefined });
}

interface Done {
  site: Site;
  name: string;
  /** Whether the account must have one. */
  secondFactorRequired: boolean;
  /** Whether there can be passkeys. */
  takesPasskeys: boolean;
}

/** After the form: there is an administrator. */
export function setupDonePage({ site, name, secondFactorRequired, takesPasskeys }: Done): string {
  const next = `Next you set up a second factor: an authenticator app${takesPasskeys ? ' or a passkey' : ''}.`;
  const main = html`<h1>${site.service} is set up</h1>
<p>You are the administrator <strong>${name}</strong>. Sign in with the password you have just chosen.${secondFactorRequired && ` ${next}`}</p>
${linkToSignIn()}`;
  return layout({ site, title: 'Set up', main });
}

/** The link was used, is over, or was followed by a newer one. */
export function setupLinkGonePage({ site }: { site: Site }): string {
  const main = html`<h1>This link does not work any more</h1>
<p>A set-up link works once and for 30 minutes, and a newer one takes its place. Make another where ${site.service} runs, and open what it prints:</p>
<pre>countersign setup-link</pre>
<p class="hint">In a checkout: <code>npm run -s countersign -- setup-link</code>, with the same options as the service.</p>`;
  return layout({ site, title: 'Set up', main, wrong: true });
}
