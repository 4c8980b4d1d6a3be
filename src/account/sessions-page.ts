import type { FormError } from '../http/http.ts';
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
import type { StoredSession } from '../sessions/sessions.ts';
import { deviceOf } from './device.ts';

interface Shown {
  site: Site;
  person: Person;
  /** The newest first. */
  sessions: StoredSession[];
  /** The id of the session that looks. */
  current: string;
  /** The word of a notice. */
  done?: string | undefined;
  error?: FormError;
}

const here = '/account/sessions';

/** Where one is signed in. What a device says of itself is shown as text, and is only what it says. */
export function sessionsPage({ site, person, sessions, current, done, error }: Shown): string {
  const others = sessions.filter(({ id }) => id !== current);
  const main = html`<h1>Where you are signed in</h1>
${problem(error)}
${notice(notices.get(done ?? ''))}
<p>If you do not know one of these, sign it out and <a href="/account/password">change your password</a>.</p>
<ul class="cards">
${sessions.map((session) => html`<li>${about(session, person.name, session.id === current)}</li>\n`)}</ul>
${others.length > 0 && endOthers(person)}`;
  return layout({ site, title: 'Where you are signed in', main, person, here, wrong: error !== undefined });
}

const notices = new Map([
  ['ended', 'That session has ended.'],
  ['others-ended', 'You are signed out everywhere else.'],
]);

function about(session: StoredSession, name: string, isThis: boolean): Html {
  const { id, address, userAgent, createdAt, lastSeenAt, secondFactor } = session;
  const device = deviceOf(userAgent);
  return html`<h2>${device}${isThis && html` <span class="badge good">This browser</span>`}</h2>
<dl>
<div><dt>Address</dt><dd>${address}</dd></div>
<div><dt>Signed in</dt><dd>${timeOf(createdAt)}</dd></div>
<div><dt>Last seen</dt><dd>${isThis ? 'Now' : timeOf(lastSeenAt)}</dd></div>
<div><dt>Proved by</dt><dd>${proofs[secondFactor?.kind ?? 'none']}</dd></div>
</dl>
${
  !isThis &&
  html`<form method="post" action="${here}/end">${hiddenOwner({ name })}<input type="hidden" name="id" value="${id}"><button type="submit">Sign out<span class="unseen"> ${device}, signed in ${timeOf(createdAt)}</span></button></form>`
}`;
}

const proofs = {
  none: 'Password',
  otp: 'Password and code',
  recovery_code: 'Password and recovery code',
} as const;

function endOthers({ name }: Person): Html {
  return html`<form method="post" action="${here}/end-others">${hiddenOwner({ name })}<button type="submit" class="primary">Sign out everywhere else</button></form>`;
}
