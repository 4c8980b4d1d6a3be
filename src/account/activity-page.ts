import { type AuditPage, type AuditRow, inWords, type NamedPasskey } from '../audit/audit.ts';
import { type Html, html, layout, type Person, pager, type Site, timeOf } from '../pages/pages.ts';

interface Shown {
  site: Site;
  person: Person;
  /** The session that looks. */
  sessionId: string;
  /** Whether the account has one. */
  password: boolean;
  /** Those that the account has now: what is about one of them names it. */
  passkeys: readonly NamedPasskey[];
  found: AuditPage;
  /** Whether this is the beginning. */
  first: boolean;
}

type Looker = Pick<Shown, 'sessionId' | 'passkeys'>;

const here = '/account/activity';

/** What has happened to one's own account, newest first. */
export function activityPage(shown: Shown): string {
  const { site, person, password, found, first } = shown;
  const { rows, next } = found;
  const main = html`<h1>Activity</h1>
<p>What has happened to your account, the newest first. If you see something that was not you, ${password && html`<a href="/account/password">change your password</a>, `}<a href="/account/passkeys">remove passkeys</a> that are not yours, and <a href="/account/sessions">end the other sessions</a>.</p>
${rows.length === 0 ? html`<p>${first ? 'Nothing has happened yet.' : 'Nothing older is left.'}</p>` : table(rows, shown)}
${pager({
  first: first ? undefined : here,
  next: next === undefined ? undefined : `${here}?before=${next}`,
  words: ['Newest', 'Older'],
})}`;
  return layout({ site, title: 'Activity', main, person, here, wide: true });
}

function table(rows: AuditRow[], looker: Looker): Html {
  return html`<table>
<thead><tr><th scope="col">When</th><th scope="col">What</th><th scope="col">From</th></tr></thead>
<tbody>
${rows.map((row) => line(row, looker))}</tbody>
</table>`;
}

/** Where somebody else was at work, the address is theirs, and nobody else's business. */
function line(row: AuditRow, { sessionId, passkeys }: Looker): Html {
  const own = row.actorId === undefined || row.actorId === row.userId;
  return html`<tr>
<td>${timeOf(row.at)}</td>
<td>${inWords(row, 'own', passkeys)}${row.sessionId === sessionId && html` <span class="badge">This session</span>`}</td>
${own && row.address !== undefined ? html`<td data-label="From">${row.address}</td>` : html`<td></td>`}
</tr>
`;
}
