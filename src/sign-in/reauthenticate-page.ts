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
import { notHere, whereTheCodeIs } from './page.ts';

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
  /** From where passkeys are used. */
  origin: string | undefined;
  /** With which code; `no code` where no second factor has been proved yet. Nothing where the account has no password. */
  password: 'otp' | 'recovery_code' | 'no code' | undefined;
  /** There is an authenticator, so that there is a choice of codes. */
  app: boolean;
  /** The account has nothing that could be proved: no password, and no passkey, whatever the address that it is for. */
  none: boolean;
}

/** Proving again, from a session, that it is still the same person. */
export function reauthenticatePage(form: ReauthenticateForm): string {
  const { site, person, error } = form;
  const main = html`<h1>Confirm that it is you</h1>
${problem(error)}
${form.ways.none ? noWay(person) : waysOf(form)}`;
  return layout({ site, title: 'Confirm that it is you', main, person, wrong: error !== undefined });
}

function waysOf(form: ReauthenticateForm): Html {
  const { person, ways } = form;
  return html`<p>What you are about to do is only for you, so prove once more that you are <strong>${person.name}</strong>. It holds for ten minutes.</p>
${ways.passkey && byPasskey(form, ways.passkey)}
${(ways.passkey || !ways.password) && withoutPasskeys(html`${notHere(ways.passkey && ways.origin)}${!ways.password && ' Open this page where you can use it.'}`)}
${ways.password && byPassword(form)}`;
}

/** Where the account has neither a password nor a passkey any more. */
function noWay({ name }: Person): Html {
  return html`<p>What you wanted to do is only for you, and there is nothing left by which you could prove that you are <strong>${name}</strong>: this account has no password and no passkey. Before this session ends, ask an administrator for a one-time link.</p>`;
}

function byPasskey({ person, returnTo }: ReauthenticateForm, options: RequestOptions): Html {
  const fields = html`${hiddenReturnTo(returnTo)}${hiddenOwner(person)}`;
  const label = 'Use your passkey';
  return passkeyForm({ action: '/reauthenticate/passkey', does: 'get', options, label, primary: true, fields });
}

function byPassword(form: ReauthenticateForm): Html {
  const { person, returnTo, error, ways } = form;
  // The form above is not there without a script, so that this one must make sense alone.
  const heading =
    ways.passkey && html`<h2>With your password and ${codes[ways.password === 'otp' ? 'otp' : 'recovery_code']}</h2>\n`;
  return html`${heading}<form method="post" action="/reauthenticate">
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
<button type="submit"${!ways.passkey && html` class="primary"`}>Continue</button>
</form>
${otherCode(form)}`;
}

const codes = { otp: 'a code of the app', recovery_code: 'a recovery code' };

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
