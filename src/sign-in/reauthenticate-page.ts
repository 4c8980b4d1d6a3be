import type { FormError } from '../http/http.ts';
import {
  codeField,
  type Html,
  hiddenOwner,
  hiddenReturnTo,
  hiddenUsername,
  html,
  layout,
  type Person,
  passkeyForm,
  passwordField,
  problem,
  recoveryCodeField,
  type Site,
  withoutPasskeys,
} from '../pages/pages.ts';
import type { RequestOptions } from '../passkeys/passkeys.ts';
import { whereTheCodeIs } from './page.ts';

interface ReauthenticateForm {
  site: Site;
  person: Person;
  error?: FormError;
  returnTo: string | undefined;
  /** What can be proved again. */
  ways: Offered;
}

export interface Offered {
  /** What a passkey is asked for, where the account has one that can answer here. */
  passkey: RequestOptions | undefined;
  /** With which code; `no code` where no second factor has been proved yet. Nothing where the account has no password. */
  password: 'otp' | 'recovery_code' | 'no code' | undefined;
  /** There is an authenticator, so that there is a choice of codes. */
  app: boolean;
}

/** Proving again, from a session, that it is still the same person. */
export function reauthenticatePage(form: ReauthenticateForm): string {
  const { site, person, error, ways } = form;
  const main = html`<h1>Confirm that it is you</h1>
${problem(error)}
<p>What you are about to do is only for you, so prove once more that you are <strong>${person.name}</strong>. It holds for ten minutes.</p>
${ways.passkey && byPasskey(form, ways.passkey)}
${ways.password ? byPassword(form) : withoutPasskeys('Your passkey cannot be used here: that takes JavaScript, a recent browser, and the address under which you set it up. Open this page where you can use it.')}`;
  return layout({ site, title: 'Confirm that it is you', main, person, wrong: error !== undefined });
}

function byPasskey({ person, returnTo }: ReauthenticateForm, options: RequestOptions): Html {
  const fields = html`${hiddenReturnTo(returnTo)}${hiddenOwner(person)}`;
  const label = 'Use your passkey';
  return passkeyForm({ action: '/reauthenticate/passkey', does: 'get', options, label, primary: true, fields });
}

function byPassword(form: ReauthenticateForm): Html {
  const { person, returnTo, error } = form;
  return html`<form method="post" action="/reauthenticate">
${hiddenReturnTo(returnTo)}
${hiddenUsername(person.name)}
${passwordField({
  name: 'password',
  label: 'Password',
  autocomplete: 'current-password',
  wrong: error?.code === 'wrong_password',
  first: error === undefined,
})}
${secondFactorField(form)}
<button type="submit" class="primary">Continue</button>
</form>
${otherCode(form)}`;
}

function secondFactorField({ site, person, ways, error }: ReauthenticateForm): Html | undefined {
  const wrong = error?.code === 'wrong_otp';
  if (ways.password === 'otp') return codeField({ wrong, hint: whereTheCodeIs(site, person.name) });
  return ways.password === 'recovery_code' ? recoveryCodeField({ wrong }) : undefined;
}

function otherCode({ ways, returnTo }: ReauthenticateForm): Html | undefined {
  if (!ways.app) return undefined;
  const [other, words] =
    ways.password === 'otp' ? ['recovery-code', 'Use a recovery code'] : ['app', 'Use a code of the app'];
  const target = returnTo === undefined ? '' : `&return_to=${encodeURIComponent(returnTo)}`;
  const href = `/reauthenticate?with=${other}${target}`;
  return html`<ul class="ways"><li><a href="${href}">${words}</a></li></ul>`;
}
