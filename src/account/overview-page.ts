import { type AuditRow, inWords, type NamedPasskey } from '../audit/audit.ts';
import { type Html, html, layout, notice, type Person, type Site, timeOf } from '../pages/pages.ts';
import { whatIfLost, whatNext } from './overview-next.ts';

/** How an account stands, as far as its owner should know at a glance. */
export interface Overview {
  /** Whether there is one. */
  password: boolean;
  authenticator: 'none' | 'not confirmed' | 'in force';
  /** Those that work at this host name, and those of one from before a move. */
  passkeys: { here: number; elsewhere: number };
  /** What all of them are called. */
  passkeyNames: readonly NamedPasskey[];
  /** Whether there can be passkeys. */
  takesPasskeys: boolean;
  recoveryCodesLeft: number;
  /** This session has proved a recovery code in place of a second factor: perhaps that one is gone. */
  byRecoveryCode: boolean;
  /** When this session is over at the latest, in ms. */
  sessionEnds: number;
  otherSessions: number;
  /** The last time that somebody with the password failed at the code, where that is news. */
  alarm: AuditRow | undefined;
  /** The last time that a passkey came which may have been copied, where that is news. */
  copied: AuditRow | undefined;
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
  /** What the browser is told of passkeys. */
  signals?: Html | undefined;
}

/** What protects one's account, what to do about it, and what has happened. */
export function overviewPage({ site, person, overview, done, signals }: Shown): string {
  const main = html`<h1>Your account</h1>
${notice(notices.get(done ?? '')?.(overview) || undefined)}
${overview.alarm && alarmed(overview.alarm)}
${overview.copied && copied(overview.copied, overview.passkeyNames)}
${overview.announcements.map((row) => announcement(row, site))}
<p>You are signed in as <strong>${person.name}</strong>.</p>
${whatNext(overview)}
${facts(overview)}
${whatIfLost(overview)}
<h2>Recent activity</h2>
${recent(overview)}
<ul class="ways"><li><a href="/account/activity">All activity</a></li></ul>
${signals}`;
  return layout({ site, title: 'Your account', main, person, here: '/account' });
}

/** What a word in the address may say: only what is so, since links may carry any word. */
const notices = new Map<string, (overview: Overview) => string | false>([
  [
    'password',
    ({ recent }) => `Your password is ${wasFirst(recent) ? 'set' : 'changed'}, and every other session has ended.`,
  ],
  [
    'authenticator',
    ({ password, authenticator }) =>
      authenticator === 'in force' &&
      `Your authenticator app is confirmed: ${password ? 'signing in asks for a code of it.' : 'a code of it will be asked for together with a password, once you have one.'}`,
  ],
  [
    'replaced',
    ({ authenticator }) =>
      authenticator === 'in force' &&
      'Your new authenticator is in force. The one before no longer works: delete its entry in the app.',
  ],
  [
    'authenticator-off',
    (overview) =>
      overview.authenticator === 'none' &&
      (hasPasskeys(overview) || !overview.password
        ? 'The authenticator app is off: it no longer signs you in.'
        : 'The second factor is off: your password alone opens this account.'),
  ],
  ['passkey', ({ passkeys }) => passkeys.here > 0 && 'Your passkey is added: it signs you in from now on.'],
  [
    'passkeys-off',
    (overview) => !hasPasskeys(overview) && `You have no passkey any more. ${otherWays(overview)}`.trim(),
  ],
  [
    'codes',
    (overview) =>
      (overview.authenticator !== 'none' || hasPasskeys(overview)) &&
      'You have new recovery codes. The ones before no longer work.',
  ],
  [
    'recovery-code',
    ({ byRecoveryCode, recoveryCodesLeft: left }) =>
      byRecoveryCode && `You signed in with a recovery code: ${left} left.`,
  ],
]);

/** Whether the password of now is the first one, as far as the newest rows tell. */
function wasFirst(rows: AuditRow[]): boolean {
  return rows.find(({ event }) => event === 'password.changed')?.detail['first'] === true;
}

function hasPasskeys({ passkeys }: Overview): boolean {
  return passkeys.here + passkeys.elsewhere > 0;
}

/** How one signs in without passkeys. */
function otherWays({ password, authenticator }: Overview): string {
  // That a password alone opens the account is said below it anyway.
  return password && authenticator !== 'none' ? 'You sign in with your password and a code of the app.' : '';
}

function announcement(row: AuditRow, { service }: Site): Html {
  return html`<p class="warning">${inWords(row, 'own')} ${timeOf(row.at)}. If this is news to you, tell whoever runs ${service}.</p>
`;
}

function alarmed(row: AuditRow): Html {
  return html`<p class="warning">${inWords(row, 'own')} ${timeOf(row.at)}${row.address !== undefined && html`, from ${row.address}`}. If that was not you, <a href="/account/password">change your password</a>.</p>`;
}

function copied(row: AuditRow, passkeys: readonly NamedPasskey[]): Html {
  return html`<p class="warning">${inWords(row, 'own', passkeys)} ${timeOf(row.at)}${row.address !== undefined && html`, from ${row.address}`}. <a href="/account/passkeys">Look after your passkeys</a>: remove that one, and add a new one in its place.</p>`;
}

function facts(overview: Overview): Html {
  const { password, authenticator, recoveryCodesLeft, sessionEnds, otherSessions } = overview;
  const rows: [string, Html | string | number][] = [
    ['Passkeys', passkeysIn(overview)],
    ['Password', password ? 'Set' : 'None'],
    ['Authenticator app', authenticators[authenticator]],
    ['Recovery codes left', recoveryCodesLeft],
    ['This session ends', timeOf(sessionEnds)],
    ['Signed in elsewhere', elsewhere(otherSessions)],
  ];
  return html`<dl>
${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>\n`)}</dl>`;
}

function passkeysIn({ passkeys: { here, elsewhere } }: Overview): string {
  const other = elsewhere > 0 && `${elsewhere} for another address of this service`;
  if (here === 0) return other || 'None';
  return other ? `${here}, and ${other}` : String(here);
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

function recent({ recent: rows, passkeyNames }: Overview): Html {
  if (rows.length === 0) return html`<p>Nothing has happened yet.</p>`;
  return html`<ul class="list">
${rows.map((row) => html`<li>${inWords(row, 'own', passkeyNames)} <span class="hint">${timeOf(row.at)}</span></li>\n`)}</ul>`;
}
