import { type AuditRow, inWords } from '../audit/audit.ts';
import { type Html, html, layout, notice, type Person, type Site, timeOf } from '../pages/pages.ts';

/** How an account stands, as far as its owner should know at a glance. */
export interface Overview {
  authenticator: 'none' | 'not confirmed' | 'in force';
  recoveryCodesLeft: number;
  /** This session has proved a recovery code in place of the authenticator: perhaps that one is gone. */
  byRecoveryCode: boolean;
  /** When this session is over at the latest, in ms. */
  sessionEnds: number;
  otherSessions: number;
  /** The last time that somebody with the password failed at the code, where that is news. */
  alarm: AuditRow | undefined;
  /** What others have lately done to the factors of the account. */
  announcements: AuditRow[];
  /** What has happened, the newest first. */
  recent: AuditRow[];
}

interface Shown {
  site: Site;
  person: Person;
  overview: Overview;
  /** The word of a notice. */
  done?: string | undefined;
}

/** As few as this are too few: new ones should be made before the last is gone. */
const fewCodes = 3;

/** What protects one's account, what to do about it, and what has happened. */
export function overviewPage({ site, person, overview, done }: Shown): string {
  const main = html`<h1>Your account</h1>
${notice(notices.get(done ?? '')?.(overview) || undefined)}
${overview.alarm && alarmed(overview.alarm)}
${overview.announcements.map((row) => announcement(row, site))}
<p>You are signed in as <strong>${person.name}</strong>.</p>
${whatNext(overview)}
${facts(overview)}
${
  overview.authenticator !== 'none' &&
  html`<p>An authenticator app on one phone can be lost with the phone. Your recovery codes are the way back: keep them somewhere else.</p>`
}
<h2>Recent activity</h2>
${recent(overview.recent)}
<ul class="ways"><li><a href="/account/activity">All activity</a></li></ul>`;
  return layout({ site, title: 'Your account', main, person, here: '/account' });
}

/** What a word in the address may say: only what is so, since links may carry any word. */
const notices = new Map<string, (overview: Overview) => string | false>([
  ['password', () => 'Your password is changed, and every other session has ended.'],
  [
    'authenticator',
    ({ authenticator }) =>
      authenticator === 'in force' && 'Your authenticator app is confirmed: signing in asks for a code of it.',
  ],
  [
    'replaced',
    ({ authenticator }) =>
      authenticator === 'in force' &&
      'Your new authenticator is in force. The one before no longer works: delete its entry in the app.',
  ],
  [
    'authenticator-off',
    ({ authenticator }) =>
      authenticator === 'none' && 'The second factor is off: your password alone opens this account.',
  ],
  [
    'codes',
    ({ authenticator }) => authenticator !== 'none' && 'You have new recovery codes. The ones before no longer work.',
  ],
  [
    'recovery-code',
    ({ byRecoveryCode, recoveryCodesLeft: left }) =>
      byRecoveryCode && `You signed in with a recovery code: ${left} left.`,
  ],
]);

function announcement(row: AuditRow, { service }: Site): Html {
  return html`<p class="warning">${inWords(row, 'own')} ${timeOf(row.at)}. If this is news to you, tell whoever runs ${service}.</p>
`;
}

function alarmed(row: AuditRow): Html {
  return html`<p class="warning">${inWords(row, 'own')} ${timeOf(row.at)}${row.address !== undefined && html`, from ${row.address}`}. If that was not you, <a href="/account/password">change your password</a>.</p>`;
}

/** The one thing to do, the most needed first. */
function whatNext({ authenticator, recoveryCodesLeft: left, byRecoveryCode, alarm }: Overview): Html | undefined {
  if (authenticator === 'none')
    return html`<p>Your password alone opens this account. With an authenticator app on your phone it stays safe even when somebody learns the password.</p>
${primary('/account/authenticator', 'Set up an authenticator app')}`;
  const few = left <= fewCodes && html`<p><strong>${fewWords(left)}.</strong> Make new ones before you need them.</p>`;
  if (authenticator === 'not confirmed')
    return html`<p>Signing in asks for a code of your authenticator app already. Confirm the app with one now, so that you know it works.</p>
${primary('/account/authenticator', 'Confirm your authenticator app')}
${few}`;
  if (byRecoveryCode)
    return html`<p>Is your phone gone? Then move the authenticator to another one.</p>
${primary('/account/authenticator', 'Move to another phone')}
${few}`;
  if (few) return html`${few}\n${primary('/account/recovery-codes', 'Make new recovery codes')}`;
  return alarm ? undefined : html`<p>Your account is well protected: there is nothing to do.</p>`;
}

function fewWords(left: number): string {
  return left === 0 ? 'No recovery codes left' : `Only ${left} recovery code${left === 1 ? '' : 's'} left`;
}

function primary(path: string, words: string): Html {
  return html`<p><a class="button primary" href="${path}">${words}</a></p>`;
}

function facts({ authenticator, recoveryCodesLeft, sessionEnds, otherSessions }: Overview): Html {
  const rows: [string, Html | string | number][] = [
    ['Password', 'Set'],
    ['Authenticator app', authenticators[authenticator]],
    ['Recovery codes left', recoveryCodesLeft],
    ['This session ends', timeOf(sessionEnds)],
    ['Signed in elsewhere', elsewhere(otherSessions)],
  ];
  return html`<dl>
${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>\n`)}</dl>`;
}

const authenticators: Record<Overview['authenticator'], string> = {
  none: 'None',
  'not confirmed': 'Set up, not confirmed yet',
  'in force': 'In force',
};

function elsewhere(sessions: number): string {
  if (sessions === 0) return 'Nowhere';
  return sessions === 1 ? 'In 1 other session' : `In ${sessions} other sessions`;
}

function recent(rows: AuditRow[]): Html {
  if (rows.length === 0) return html`<p>Nothing has happened yet.</p>`;
  return html`<ul class="list">
${rows.map((row) => html`<li>${inWords(row, 'own')} <span class="hint">${timeOf(row.at)}</span></li>\n`)}</ul>`;
}
