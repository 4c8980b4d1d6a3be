import { type AuditPage, type AuditRow, type DayOfSignIns, inWords, kindNames, readActor } from '../audit/audit.ts';
import { alert, type Html, html, layout, type Person, pager, type Site, timeOf } from '../pages/pages.ts';
import { anyKind, isDay, type Mistake, type Typed } from './activity-filter.ts';
import { chart, dayInWords, summary } from './chart.ts';

interface Shown {
  site: Site;
  person: Person;
  typed: Typed;
  mistake?: Mistake | undefined;
  /** Absent where the filter is to be mended. */
  found?: AuditPage | undefined;
  /** Whether this is the beginning of what is looked for. */
  first: boolean;
  /** The names of users, and of service tokens as actors; none for those that are gone. */
  names: ReadonlyMap<string, string>;
  /** The sign-ins of the last days, where the page is about everything. */
  days?: DayOfSignIns[] | undefined;
}

const here = '/admin/activity';

/** The log for administrators: what happened to whom, and who did it. */
export function activityPage({ site, person, typed, mistake, found, first, names, days }: Shown): string {
  const main = html`<h1>Activity</h1>
${alert(mistake?.sentence)}
${days && signIns(days)}
<h2>What happened</h2>
${form(typed, mistake?.field)}
${found && (found.rows.length === 0 ? nothing(first) : table(found.rows, names))}
${found && onwards(typed, first, found.next)}`;
  return layout({
    site,
    title: 'Activity of all accounts',
    main,
    person,
    here,
    wrong: mistake !== undefined,
    wide: true,
  });
}

function signIns(days: DayOfSignIns[]): Html {
  const rows = days.toReversed().map(
    ({ start, succeeded, refused }) => html`<tr>
<th scope="row"><time datetime="${new Date(start).toISOString().slice(0, 10)}">${dayInWords(start)}</time></th>
<td class="number" data-label="Signed in">${succeeded}</td>
<td class="number" data-label="Refused">${refused}</td>
</tr>
`,
  );
  return html`<h2>Sign-ins by day</h2>
<p>${summary(days)} Days are those of UTC.</p>
${chart(days)}
<details>
<summary>The same in numbers</summary>
<table>
<thead><tr><th scope="col">Day</th><th class="number" scope="col">Signed in</th><th class="number" scope="col">Refused</th></tr></thead>
<tbody>
${rows}</tbody>
</table>
</details>`;
}

const offered = Object.entries({ [anyKind]: 'Everything', ...kindNames });

function form({ kind, user, from, to }: Typed, wrong: keyof Typed | undefined): Html {
  const state = (field: keyof Typed): Html | false =>
    wrong === field && html` aria-invalid="true" aria-describedby="error"`;
  const date = (field: 'from' | 'to', label: string, value: string): Html =>
    html`<div><label for="${field}">${label}</label><input type="date" id="${field}" name="${field}" value="${isDay(value) && value}"${state(field)}></div>`;
  return html`<form class="filters" method="get" action="${here}" role="search">
<div><label for="kind">Kind</label><select id="kind" name="kind"${state('kind')}>
${offered.map(([value, name]) => html`<option value="${value}"${value === kind && html` selected`}>${name}</option>\n`)}</select></div>
<div><label for="user">Name of the user</label><input type="text" id="user" name="user" value="${user}" maxlength="256" autocapitalize="none" spellcheck="false"${state('user')}></div>
${date('from', 'First day (UTC)', from)}
${date('to', 'Last day (UTC)', to)}
<button type="submit" class="primary">Show</button>
</form>`;
}

function nothing(first: boolean): Html {
  return html`<p>${first ? 'Nothing of this kind has happened.' : 'Nothing older is left.'} <a href="${here}">Show everything</a></p>`;
}

function table(rows: AuditRow[], names: Shown['names']): Html {
  return html`<table>
<thead><tr><th scope="col">When</th><th scope="col">What</th><th scope="col">Account</th><th scope="col">By</th><th scope="col">From</th></tr></thead>
<tbody>
${rows.map((row) => line(row, names))}</tbody>
</table>`;
}

function line(row: AuditRow, names: Shown['names']): Html {
  return html`<tr>
<td>${timeOf(row.at)}</td>
<td class="what">${inWords(row, 'administrator')}</td>
${cell('Account', row.userId !== undefined && user(row.userId, names))}
${cell('By', row.actorId !== undefined && actor(row.actorId, names))}
${cell('From', row.address !== undefined && html`${row.address}`)}
</tr>
`;
}

/** An empty cell has no label: narrow screens show labels before what there is. */
function cell(label: string, content: Html | false): Html {
  return content ? html`<td data-label="${label}">${content}</td>` : html`<td></td>`;
}

/** A name that leads to the user; of a deleted one there is only the id, which leads to what is known of it. */
function user(id: string, names: Shown['names']): Html {
  const name = names.get(id);
  if (name !== undefined) return html`<a href="/admin/users/${id}">${name}</a>`;
  return html`<a href="${here}?user=${encodeURIComponent(id)}"><code>${id}</code></a> (deleted)`;
}

function actor(id: string, names: Shown['names']): Html {
  const who = readActor(id);
  if (who.kind === 'operator') return html`the operator`;
  return who.kind === 'user' ? user(id, names) : html`service token ${names.get(id) ?? html`<code>${who.id}</code>`}`;
}

function onwards(typed: Typed, first: boolean, next: number | undefined): Html | undefined {
  const address = (more: Record<string, string>): string => {
    const filled = Object.entries(typed).filter(([, value]) => value !== '');
    const query = new URLSearchParams({ ...Object.fromEntries(filled), ...more }).toString();
    return query === '' ? here : `${here}?${query}`;
  };
  return pager({
    first: first ? undefined : address({}),
    next: next === undefined ? undefined : address({ before: String(next) }),
    words: ['Newest', 'Older'],
  });
}
