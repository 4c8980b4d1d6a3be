import type { FormError, HalfSignIn } from '../http/http.ts';
import {
  codeField,
  type Html,
  hiddenReturnTo,
  hiddenUsername,
  html,
  layout,
  notice,
  passkeyForm,
  passkeySignal,
  passwordField,
  problem,
  recoveryCodeField,
  type Site,
  usernameField,
  whatPasskeysTake,
  withoutPasskeys,
} from '../pages/pages.ts';
import type { RequestOptions } from '../passkeys/passkeys.ts';

export interface SignInForm {
  site: Site;
  /** What a passkey is asked for; nothing where there can be none. */
  passkey: RequestOptions | undefined;
  /** The name that was typed, when the form is shown again. */
  name?: string | undefined;
  returnTo?: string | undefined;
  done?: string | undefined;
  error?: FormError;
  /** One has just been refused: only the button asks for the next, or a device that answers by itself would go on and on. */
  refused?: true;
  /** The id of a passkey that we do not know, for its device to forget. */
  unknown?: string | undefined;
}

/** Name and password, or a passkey alone. */
export function signInPage(form: SignInForm): string {
  const { site, passkey, name, returnTo, done, error, unknown } = form;
  const wrong = error?.code === 'wrong_password';
  const main = html`<h1>Sign in</h1>
${notice(done)}${problem(error)}
<form method="post" action="/sign-in">
${hiddenReturnTo(returnTo)}
${usernameField({ value: name, wrong, first: error === undefined })}
${passwordField({ name: 'password', label: 'Password', autocomplete: 'current-password', wrong })}
<button type="submit" class="primary">Sign in</button>
</form>
${passkey && passkeyAlone(form, passkey)}
${passkey && unknown !== undefined && passkeySignal('signalUnknownCredential', { rpId: passkey.rpId, credentialId: unknown })}`;
  return layout({ site, title: 'Sign in', main, wrong: error !== undefined });
}

function passkeyAlone({ returnTo, refused }: SignInForm, options: RequestOptions): Html {
  return passkeyForm({
    action: '/sign-in/passkey',
    does: 'get',
    options,
    renew: '/sign-in/passkey/options',
    inList: !refused,
    label: 'Sign in with a passkey',
    fields: hiddenReturnTo(returnTo),
  });
}

/** For whom a half sign-in is, and what may finish it. */
export interface HalfForm {
  site: Site;
  half: Pick<HalfSignIn, 'name' | 'factors'>;
  error?: FormError;
}

/** The code of the authenticator, after the password. */
export function codePage({ site, half, error }: HalfForm): string {
  const hint = whereTheCodeIs(site, half.name);
  const main = html`<h1>Enter your code</h1>
${problem(error)}
<form method="post" action="/sign-in/code">
${hiddenUsername(half.name)}
${codeField({ wrong: error?.code === 'wrong_otp', first: error === undefined, hint })}
<button type="submit" class="primary">Continue</button>
</form>
${otherWays(half, 'otp')}`;
  return layout({ site, title: 'Enter your code', main, wrong: error !== undefined });
}

/** A recovery code in the place of whatever second factor there is. */
export function recoveryCodePage({ site, half, error }: HalfForm): string {
  const main = html`<h1>Use a recovery code</h1>
${problem(error)}
<p>You saved these codes when you set up your ${savedWith(half)}. One of them signs you in without it.</p>
<form method="post" action="/sign-in/recovery-code">
${hiddenUsername(half.name)}
${recoveryCodeField({ wrong: error?.code === 'wrong_otp', first: error === undefined })}
<button type="submit" class="primary">Continue</button>
</form>
${otherWays(half, 'recovery_code')}`;
  return layout({ site, title: 'Use a recovery code', main, wrong: error !== undefined });
}

function savedWith({ factors }: HalfForm['half']): string {
  if (!factors.includes('passkey')) return 'authenticator';
  return factors.includes('otp') ? 'authenticator or passkey' : 'passkey';
}

interface PasskeyForm extends HalfForm {
  /** What a passkey is asked for, where the account has one that can answer here. */
  options: RequestOptions | undefined;
  /** From where passkeys are used. */
  origin: string | undefined;
}

/** A passkey, after the password. */
export function passkeyPage({ site, half, error, options, origin }: PasskeyForm): string {
  const main = html`<h1>Use your passkey</h1>
${problem(error)}
${options && secondPasskey(options, half)}
${withoutPasskeys(html`${notHere(options && origin)} Use a recovery code instead.`)}
${otherWays(half, 'passkey')}`;
  return layout({ site, title: 'Use your passkey', main, wrong: error !== undefined });
}

/** Why there is no button. Those of an account may all be for another address, from before a move; `origin` where some are for it. */
export function notHere(origin: string | undefined): Html {
  const takes =
    origin === undefined
      ? 'JavaScript, a recent browser, and the address under which you set it up'
      : whatPasskeysTake(origin);
  return html`Your passkey cannot be used here: that takes ${takes}.`;
}

function secondPasskey(options: RequestOptions, { name, factors }: HalfForm['half']): Html {
  const instead = factors.includes('otp') ? 'a code of the app or a recovery code' : 'a recovery code';
  const fields = html`${hiddenUsername(name)}
<p>Press the button, and your device asks for your fingerprint, face or screen lock. If your passkey is not at hand, use ${instead}.</p>`;
  const label = 'Use your passkey';
  return passkeyForm({ action: '/sign-in/second-passkey', does: 'get', options, label, primary: true, fields });
}

/** The ways to finish a half sign-in but the one that is open. */
function otherWays({ factors }: HalfForm['half'], here: 'otp' | 'passkey' | 'recovery_code'): Html {
  const link = (to: string, words: string) => html`<li><a href="${to}">${words}</a></li>`;
  const may = (way: 'otp' | 'passkey'): boolean => way !== here && factors.includes(way);
  return html`<ul class="ways">
${may('passkey') && link('/sign-in/second-passkey', 'Use a passkey')}
${may('otp') && link('/sign-in/code', 'Use a code of the app')}
${here !== 'recovery_code' && link('/sign-in/recovery-code', 'Use a recovery code')}
${link('/sign-in', 'Start again')}
</ul>`;
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
