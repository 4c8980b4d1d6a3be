import type { FormError } from '../http/http.ts';
import {
  codeField,
  type Html,
  hiddenReturnTo,
  hiddenUsername,
  html,
  layout,
  type Person,
  passwordField,
  problem,
  recoveryCodeField,
  type Site,
} from '../pages/pages.ts';
import { whereTheCodeIs } from './page.ts';

interface ReauthenticateForm {
  site: Site;
  person: Person;
  error?: FormError;
  returnTo: string | undefined;
  /** Which second factor is asked for; none where none has been proved yet. */
  code: 'otp' | 'recovery_code' | undefined;
}

/** Proving again, from a session, that it is still the same person. */
export function reauthenticatePage(form: ReauthenticateForm): string {
  const { site, person, error } = form;
  const main = html`<h1>Confirm that it is you</h1>
${problem(error)}
<p>What you are about to do is only for you, so prove once more that you are <strong>${person.name}</strong>. It holds for ten minutes.</p>
<form method="post" action="/reauthenticate">
${hiddenReturnTo(form.returnTo)}
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
${otherWay(form)}`;
  return layout({ site, title: 'Confirm that it is you', main, person, wrong: error !== undefined });
}

function secondFactorField({ site, person, code, error }: ReauthenticateForm): Html | undefined {
  const wrong = error?.code === 'wrong_otp';
  if (code === 'otp') return codeField({ wrong, hint: whereTheCodeIs(site, person.name) });
  return code && recoveryCodeField({ wrong });
}

function otherWay({ code, returnTo }: ReauthenticateForm): Html | undefined {
  if (code === undefined) return undefined;
  const [other, words] = code === 'otp' ? ['recovery-code', 'Use a recovery code'] : ['app', 'Use a code of the app'];
  const target = returnTo === undefined ? '' : `&return_to=${encodeURIComponent(returnTo)}`;
  const href = `/reauthenticate?with=${other}${target}`;
  return html`<ul class="ways"><li><a href="${href}">${words}</a></li></ul>`;
}
