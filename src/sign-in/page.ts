import type { FormError } from '../http/http.ts';
import {
  codeField,
  type Html,
  hiddenReturnTo,
  hiddenUsername,
  html,
  layout,
  notice,
  passwordField,
  problem,
  recoveryCodeField,
  type Site,
  usernameField,
} from '../pages/pages.ts';

interface SignInForm {
  site: Site;
  /** The name that was typed, when the form is shown again. */
  name?: string | undefined;
  returnTo?: string | undefined;
  done?: string | undefined;
  error?: FormError;
}

/** Name and password. */
export function signInPage({ site, name, returnTo, done, error }: SignInForm): string {
  const wrong = error?.code === 'wrong_password';
  const main = html`<h1>Sign in</h1>
${notice(done)}${problem(error)}
<form method="post" action="/sign-in">
${hiddenReturnTo(returnTo)}
${usernameField({ value: name, wrong, first: error === undefined })}
${passwordField({ name: 'password', label: 'Password', autocomplete: 'current-password', wrong })}
<button type="submit" class="primary">Sign in</button>
</form>`;
  return layout({ site, title: 'Sign in', main, wrong: error !== undefined });
}

interface CodeForm {
  site: Site;
  name: string;
  error?: FormError;
}

/** The code of the authenticator, after the password. */
export function codePage({ site, name, error }: CodeForm): string {
  const main = html`<h1>Enter your code</h1>
${problem(error)}
<form method="post" action="/sign-in/code">
${hiddenUsername(name)}
${codeField({ wrong: error?.code === 'wrong_otp', first: error === undefined, hint: whereTheCodeIs(site, name) })}
<button type="submit" class="primary">Continue</button>
</form>
<ul class="ways"><li><a href="/sign-in/recovery-code">Use a recovery code</a></li><li><a href="/sign-in">Start again</a></li></ul>`;
  return layout({ site, title: 'Enter your code', main, wrong: error !== undefined });
}

/** A recovery code in its place. */
export function recoveryCodePage({ site, name, error }: CodeForm): string {
  const main = html`<h1>Use a recovery code</h1>
${problem(error)}
<p>You saved these codes when you set up your authenticator. One of them signs you in without it.</p>
<form method="post" action="/sign-in/recovery-code">
${hiddenUsername(name)}
${recoveryCodeField({ wrong: error?.code === 'wrong_otp', first: error === undefined })}
<button type="submit" class="primary">Continue</button>
</form>
<ul class="ways"><li><a href="/sign-in/code">Use a code of the app</a></li><li><a href="/sign-in">Start again</a></li></ul>`;
  return layout({ site, title: 'Use a recovery code', main, wrong: error !== undefined });
}

/** For whoever follows a link: signing out itself is a form. */
export function signOutPage({ site }: { site: Site }): string {
  const main = html`<h1>Sign out?</h1>
<p>This ends your session in this browser.</p>
<form method="post" action="/sign-out"><button type="submit" class="primary">Sign out</button></form>
<ul class="ways"><li><a href="/">Stay signed in</a></li></ul>`;
  return layout({ site, title: 'Sign out', main });
}

/** Above a field for a code: which app, and which entry of it. */
export function whereTheCodeIs({ service }: Site, name: string): Html {
  return html`Open your authenticator app; the code is under <strong>${service}: ${name}</strong>.`;
}
