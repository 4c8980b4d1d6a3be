import type { FormError, Proof } from '../http/http.ts';
import {
  type Html,
  hiddenOwner,
  html,
  layout,
  notice,
  type Person,
  problem,
  type Site,
  timeOf,
} from '../pages/pages.ts';
import type { StoredBrowser, StoredSession } from '../sessions/sessions.ts';
import { proofsOf } from '../sign-in/sign-in.ts';
import { deviceOf } from './device.ts';

interface Shown {
  site: Site;
  person: Person;
  /** The newest first. */
  sessions: StoredSession[];
  /** The id of the session that looks. */
  current: string;
  /** Whether the account has one. */
  password: boolean;
  /** The browsers that the account knows, the last used first. */
  browsers: StoredBrowser[];
  /** The id of the one that looks, where it is one of them. */
  currentBrowser: string | undefined;
  /** The word of a notice. */
  done?: string | undefined;
  error?: FormError;
}

const here = '/account/sessions';

/** Where one is signed in, and which browsers the account knows. What a device says of itself is only what it says. */
export function sessionsPage(shown: Shown): string {
  const { site, person, sessions, current, password, browsers, done, error } = shown;
  const others = sessions.filter(({ id }) => id !== current);
  const main = html`<h1>Where you are signed in</h1>
${problem(error)}
${notice(notices.get(done ?? ''))}
<p>If you do not know one of these, sign it out, ${password && html`<a href="/account/password">change your password</a>, `}and <a href="/account/passkeys">remove passkeys</a> that are not yours.</p>
<ul class="cards">
${sessions.map((session) => html`<li>${about(session, person.name, session.id === current)}</li>\n`)}</ul>
${others.length > 0 && endOthers(person)}
${browsers.length > 0 && knownBrowsers(shown)}`;
  return layout({ site, title: 'Where you are signed in', main, person, here, wrong: error !== undefined });
}

const notices = new Map([
  ['ended', 'That session has ended.'],
  ['forgotten', 'That browser is forgotten.'],
  ['others-ended', 'You are signed out everywhere else.'],
]);

function about(session: StoredSession, name: string, isThis: boolean): Html {
  const { id, address, userAgent, createdAt, lastSeenAt } = session;
  const device = deviceOf(userAgent);
  return html`<h2>${device}${isThis && html` <span class="badge good">This browser</span>`}</h2>
<dl>
<div><dt>Address</dt><dd>${address}</dd></div>
<div><dt>Signed in</dt><dd>${timeOf(createdAt)}</dd></div>
<div><dt>Last seen</dt><dd>${isThis ? 'Now' : timeOf(lastSeenAt)}</dd></div>
<div><dt>Proved by</dt><dd>${proofIn(session)}</dd></div>
</dl>
${
  !isThis &&
  html`<form method="post" action="${here}/end">${hiddenOwner({ name })}<input type="hidden" name="id" value="${id}"><button type="submit">Sign out<span class="unseen"> ${device}, signed in ${timeOf(createdAt)}</span></button></form>`
}`;
}

/** What a session has proved, in words. */
function proofIn(session: StoredSession): string {
  const text = proofsOf(session)
    .map((proof) => proofs[proof])
    .join(' and ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

const proofs: Record<Proof, string> = {
  password: 'password',
  otp: 'code',
  recovery_code: 'recovery code',
  passkey: 'passkey',
};

function endOthers({ name }: Person): Html {
  return html`<form method="post" action="${here}/end-others">${hiddenOwner({ name })}<button type="submit" class="primary">Sign out everywhere else</button></form>`;
}

function knownBrowsers({ person, browsers, currentBrowser }: Shown): Html {
  return html`<h2>Browsers that know you</h2>
<p>You have signed in completely in these before. Each has tries of its own, so that nobody who fails on your name somewhere else keeps you waiting there. Being known skips nothing: whatever signs you in is asked for as everywhere. Signing out everywhere else, a new password and a new second factor forget all but this one.</p>
<ul class="cards">
${browsers.map((browser) => html`<li>${aboutBrowser(browser, person.name, browser.id === currentBrowser)}</li>\n`)}</ul>`;
}

function aboutBrowser({ id, address, userAgent, lastUsedAt }: StoredBrowser, name: string, isThis: boolean): Html {
  const device = deviceOf(userAgent);
  return html`<h3>${device}${isThis && html` <span class="badge good">This browser</span>`}</h3>
<dl>
<div><dt>Address</dt><dd>${address}</dd></div>
<div><dt>Last signed in</dt><dd>${timeOf(lastUsedAt)}</dd></div>
</dl>
<form method="post" action="${here}/forget">${hiddenOwner({ name })}<input type="hidden" name="id" value="${id}"><button type="submit">Forget<span class="unseen"> ${device}, last signed in ${timeOf(lastUsedAt)}</span></button></form>`;
}
