import { alert, html, layout, linkToSignIn, newPasswordField } from '../pages/pages.ts';

interface Form {
  service: string;
  token: string;
  /** The name that was typed, when the form is shown again. */
  name?: string;
  /** Characters that a password has at least. */
  minimum: number;
  /** What is to be mended, and in which field. */
  error?: string;
  wrong?: 'name' | 'password';
}

/** The form that makes the first administrator. */
export function setupPage({ service, token, name, minimum, error, wrong }: Form): string {
  const again = error !== undefined;
  const main = html`<h1>Set up ${service}</h1>
${alert(error)}
<p>There is no administrator yet: make yourself the first. Everybody else can be invited afterwards.</p>
<form method="post" action="/setup">
<input type="hidden" name="token" value="${token}">
<label for="name">Name</label>
<input type="text" id="name" name="name" value="${name}" autocomplete="username" autocapitalize="none" spellcheck="false" required${wrong === 'name' && html` aria-describedby="error" aria-invalid="true"`}${wrong !== 'password' && html` autofocus`}>
${newPasswordField({ minimum, wrong: wrong === 'password', first: wrong === 'password' })}
<button type="submit">Make me the administrator</button>
</form>`;
  return layout({ title: again ? 'Error: Set up' : 'Set up', service, main });
}

/** After the form: there is an administrator. */
export function setupDonePage({ service, name }: { service: string; name: string }): string {
  const main = html`<h1>${service} is set up</h1>
<p>You are the administrator <strong>${name}</strong>. Sign in with the password you have just chosen. If your account must have a second factor, you are taken through setting it up.</p>
${linkToSignIn()}`;
  return layout({ title: 'Set up', service, main });
}

/** The link was used, is over, or was followed by a newer one. */
export function setupLinkGonePage({ service }: { service: string }): string {
  const main = html`<h1>This link does not work any more</h1>
<p>A set-up link works once and for 30 minutes, and a newer one takes its place. Make another where ${service} runs, and open what it prints:</p>
<pre>countersign setup-link</pre>`;
  return layout({ title: 'Error: Set up', service, main });
}
