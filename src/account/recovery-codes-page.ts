import type { FormError } from '../http/http.ts';
import { type Html, hiddenOwner, html, layout, type Person, problem, type Site } from '../pages/pages.ts';

const here = '/account/recovery-codes';

interface Shown {
  site: Site;
  person: Person;
  left: number;
  /** Whether there is anything that the codes could stand in for. */
  secondFactor: boolean;
  error?: FormError;
}

/** How many codes are left, what they are for, and making new ones. */
export function recoveryCodesPage({ site, person, left, secondFactor, error }: Shown): string {
  const main = html`<h1>Recovery codes</h1>
${problem(error)}
<p>If you lose your authenticator app, a recovery code signs you in in its place, together with your password. Each works once.</p>
${secondFactor ? renewal(person, left) : noSecondFactor()}`;
  return layout({ site, title: 'Recovery codes', main, person, here, wrong: error !== undefined });
}

function renewal({ name }: Person, left: number): Html {
  return html`<p>You have <strong>${left}</strong> recovery ${left === 1 ? 'code' : 'codes'} left.</p>
<p>The codes themselves are shown only when they are made. New ones take the place of all the old ones, which then no longer work.</p>
<form method="post" action="${here}">${hiddenOwner({ name })}<button type="submit" class="primary">Make new recovery codes</button></form>`;
}

function noSecondFactor(): Html {
  return html`<p>You have no second factor, so there is nothing to recover. The codes come with an authenticator app.</p>
<p><a class="button primary" href="/account/authenticator">Set up an authenticator app</a></p>`;
}

interface NewCodes {
  site: Site;
  person: Person;
  codes: string[];
  /** There were others before, which no longer work. */
  replaces?: boolean | undefined;
  /** Where the person goes once the codes are saved: a local path, and its query if it has one. */
  onwards: string;
  now: number;
}

/** A new set, shown this once. */
export function newCodesPage({ site, person, codes, replaces, onwards, now }: NewCodes): string {
  const text = codesFile({ site, person, codes, now });
  const main = html`<h1>Save your recovery codes</h1>
<p>If you lose your authenticator app, one of these codes signs you in in its place, together with your password. Each works once. <strong>They are shown only now</strong>: keep them where you would keep a spare key, and not only on the phone that the app is on.${replaces && ' The codes that you had before no longer work.'}</p>
<p class="on-paper">Recovery codes of ${person.name} at ${site.service}. Each works once, in place of a code of the authenticator app.</p>
<ol class="codes code" id="codes">
${codes.map((code) => html`<li>${code}</li>\n`)}</ol>
<p class="buttons"><a class="button" download="${fileName(site)}" href="data:text/plain;charset=utf-8,${encodeURIComponent(text)}">Download</a><button type="button" data-copy="codes" hidden>Copy</button><button type="button" data-print hidden>Print</button><span class="said" aria-live="polite"></span></p>
${continueForm(onwards)}`;
  return layout({ site, title: 'Save your recovery codes', main, person, here });
}

/** What is downloaded: it says itself what it is for, since it will be found years later. */
function codesFile({ site, person, codes, now }: Omit<NewCodes, 'onwards'>): string {
  const made = new Date(now).toISOString().slice(0, 10);
  const head = `Recovery codes of ${person.name} at ${site.service}, made on ${made}.`;
  return [head, 'Each works once, in place of a code of the authenticator app.', '', ...codes, ''].join('\r\n');
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
