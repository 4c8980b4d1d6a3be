import type { FormError } from '../http/http.ts';
import { type Html, hiddenOwner, html, layout, notice, type Person, problem, type Site } from '../pages/pages.ts';
import type { Factors } from './factors.ts';

const here = '/account/recovery-codes';

interface Shown {
  site: Site;
  person: Person;
  left: number;
  factors: Factors;
  /** Whether there can be passkeys. */
  takesPasskeys: boolean;
  error?: FormError;
}

/** How many codes are left, what they are for, and making new ones. */
export function recoveryCodesPage({ site, person, left, factors, takesPasskeys, error }: Shown): string {
  const secondFactor = factors.authenticator || factors.passkeys;
  const main = html`<h1>Recovery codes</h1>
${problem(error)}
<p>${whatFor(factors)} Each works once.</p>
${!factors.password && html`<p>You have no password yet: <a href="/account/password">set one</a>. Without it, should you lose every passkey, only an administrator can let you in again.</p>`}
${secondFactor ? renewal(person, left) : noSecondFactor(takesPasskeys)}`;
  return layout({ site, title: 'Recovery codes', main, person, here, wrong: error !== undefined });
}

function renewal({ name }: Person, left: number): Html {
  return html`<p>You have <strong>${left}</strong> recovery ${left === 1 ? 'code' : 'codes'} left.</p>
<p>The codes themselves are shown only when they are made. New ones take the place of all the old ones, which then no longer work.</p>
<form method="post" action="${here}">${hiddenOwner({ name })}<button type="submit" class="primary">Make new recovery codes</button></form>`;
}

function noSecondFactor(takesPasskeys: boolean): Html {
  const authenticator = ['/account/authenticator', 'Set up an authenticator app'] as const;
  const [[path, words], other] = takesPasskeys
    ? [['/account/passkeys', 'Add a passkey'] as const, authenticator]
    : [authenticator, undefined];
  return html`<p>You have no second factor, so there is nothing to recover. The codes come with the first one.</p>
<p><a class="button primary" href="${path}">${words}</a></p>
${other && html`<ul class="ways"><li><a href="${other[0]}">${other[1]}</a></li></ul>`}`;
}

/** What the codes are good for, by what the account has. */
function whatFor({ password, authenticator, passkeys }: Factors): string {
  if (!password)
    return 'A recovery code signs you in only together with a password, which this account does not have yet.';
  if (!passkeys)
    return 'If you lose your authenticator app, a recovery code signs you in in its place, together with your password.';
  const lost = authenticator ? 'your authenticator app or your passkeys' : 'your passkeys';
  return `If you lose ${lost}, a recovery code signs you in in their place, together with your password.`;
}

/** Of codes that have just been made. */
const notYet =
  'These codes do not work yet: a recovery code signs you in only together with a password, which this account does not have yet. You can set one under “Password” of your account.';

/** What a code takes the place of, for whoever finds a list of them. */
function inPlaceOf({ password, authenticator, passkeys }: Factors): string {
  const which = placeOf({ authenticator, passkeys });
  return password ? which : `${which}; only with a password, which this account did not have when they were made`;
}

function placeOf({ authenticator, passkeys }: Omit<Factors, 'password'>): string {
  if (!passkeys) return 'in place of a code of the authenticator app';
  return `in place of a passkey${authenticator ? ' or a code of the authenticator app' : ''}, together with the password`;
}

interface NewCodes {
  site: Site;
  person: Person;
  /** What the account has by now. */
  factors: Factors;
  codes: string[];
  /** There were others before, which no longer work. */
  replaces?: boolean | undefined;
  /** Nobody is signed in: what has just been done. */
  signedOut?: string;
  /** Where the person goes once the codes are saved: a local path, and its query if it has one. */
  onwards: string;
  now: number;
}

/** A new set, shown this once. */
export function newCodesPage(shown: NewCodes): string {
  const { site, person, factors, codes, replaces, signedOut, onwards, now } = shown;
  const text = codesFile({ site, person, factors, codes, now });
  const place = factors.passkeys ? 'the device that your passkey is on' : 'the phone that the app is on';
  const main = html`<h1>Save your recovery codes</h1>
${notice(signedOut)}
<p>${factors.password ? whatFor(factors) : notYet} Each works once. <strong>They are shown only now</strong>: keep them where you would keep a spare key, and not only on ${place}.${replaces && ' The codes that you had before no longer work.'}</p>
<p class="on-paper">Recovery codes of ${person.name} at ${site.service}. Each works once, ${inPlaceOf(factors)}.</p>
<ol class="codes code" id="codes">
${codes.map((code) => html`<li>${code}</li>\n`)}</ol>
<p class="buttons"><a class="button" download="${fileName(site)}" href="data:text/plain;charset=utf-8,${encodeURIComponent(text)}">Download</a><button type="button" data-copy="codes" hidden>Copy</button><button type="button" data-print hidden>Print</button><span class="said" aria-live="polite"></span></p>
${continueForm(onwards)}`;
  const menu = signedOut === undefined ? { person, here } : {};
  return layout({ site, title: 'Save your recovery codes', main, ...menu });
}

/** What is downloaded: it says itself what it is for, since it will be found years later. */
function codesFile({ site, person, factors, codes, now }: Omit<NewCodes, 'onwards'>): string {
  const made = new Date(now).toISOString().slice(0, 10);
  const head = `Recovery codes of ${person.name} at ${site.service}, made on ${made}.`;
  return [head, `Each works once, ${inPlaceOf(factors)}.`, '', ...codes, ''].join('\r\n');
}

function fileName({ service }: Site): string {
  const name = service.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return `${name}-recovery-codes.txt`.replace(/^-+/, '');
}

/** Goes on by GET. A browser drops the query of such a form's address, so each of its parts becomes a field. */
function continueForm(path: string): Html {
  const [action = '/', query] = path.split('?');
  const fields = [...new URLSearchParams(query)];
  return html`<form method="get" action="${action}">
${fields.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">\n`)}<label class="check"><input type="checkbox" required> I have saved them</label>
<button type="submit" class="primary">Continue</button>
</form>`;
}
