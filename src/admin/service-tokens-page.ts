import type { FormError } from '../http/http.ts';
import {
  type Html,
  html,
  layout,
  notice,
  type Person,
  problem,
  type Site,
  secretText,
  timeOf,
} from '../pages/pages.ts';
import { type ServiceTokenInfo, tokenDays } from '../service-tokens/service-tokens.ts';
import type { ListedServiceToken } from './admin.ts';

interface Shown {
  site: Site;
  person: Person;
  tokens: ListedServiceToken[];
  /** The word of a notice. */
  done?: string | undefined;
  /** What was typed for a new one, and what is to be mended in it. */
  typed?: { name: string; days: string };
  error?: FormError;
  /** The field that it is about. */
  wrong?: 'name' | 'days' | undefined;
}

const here = '/admin/service-tokens';

/** The tokens there are, and the form for a new one. */
export function serviceTokensPage({ site, person, tokens, done, typed, error, wrong }: Shown): string {
  const state = (field: 'name' | 'days'): Html => {
    const mend = wrong === field && html` aria-invalid="true"`;
    return html` aria-describedby="${wrong === field && 'error '}${field}-hint"${mend}`;
  };
  const main = html`<h1>Service tokens</h1>
${problem(error)}
${notice(done === 'revoked' ? 'The token is revoked.' : undefined)}
<p>With a service token a program creates, changes and deletes users who are no administrators, under <code>/users</code>. It works while the administrator who made it is one.</p>
${tokens.length === 0 ? html`<p>There are none.</p>` : table(tokens)}
<h2>Create a service token</h2>
<form method="post" action="${here}">
<label for="name">Name</label>
<p class="hint" id="name-hint">Which program it is for, so that you know it again.</p>
<input type="text" id="name" name="name" value="${typed?.name}" required${state('name')}>
<label for="days">Days until it expires</label>
<p class="hint" id="days-hint">${tokenDays.least} to ${tokenDays.most}.</p>
<input type="number" id="days" name="days" value="${typed?.days ?? tokenDays.usual}" min="${tokenDays.least}" max="${tokenDays.most}" required${state('days')}>
<button type="submit" class="primary">Create the token</button>
</form>`;
  return layout({ site, title: 'Service tokens', main, person, here, wrong: error !== undefined, wide: true });
}

function table(tokens: ListedServiceToken[]): Html {
  const rows = tokens.map(
    (token) => html`<tr>
<th scope="row">${token.name}</th>
<td data-label="Made by"><a href="/admin/users/${token.createdBy}">${token.maker}</a></td>
<td data-label="Created">${timeOf(token.createdAt)}</td>
<td data-label="Expires">${timeOf(token.expiresAt)}</td>
<td data-label="Last used">${token.lastUsedAt === undefined ? 'Never' : timeOf(token.lastUsedAt)}</td>
<td><details><summary>Revoke<span class="unseen"> ${token.name}</span></summary>
<p>The program that uses it is refused from then on. This cannot be undone.</p>
<form method="post" action="${here}/${token.id}/revoke"><button type="submit" class="primary danger">Revoke ${token.name}</button></form></details></td>
</tr>
`,
  );
  return html`<table>
<thead><tr><th scope="col">Name</th><th scope="col">Made by</th><th scope="col">Created</th><th scope="col">Expires</th><th scope="col">Last used</th><th scope="col">Revoke</th></tr></thead>
<tbody>
${rows}</tbody>
</table>`;
}

interface Made {
  site: Site;
  person: Person;
  token: string;
  info: ServiceTokenInfo;
}

/** A new token, shown this once. */
export function newServiceTokenPage({ site, person, token, info }: Made): string {
  const main = html`<h1>Token for ${info.name}</h1>
<p>Give it to the program now: it is shown only this once.</p>
${secretText({ id: 'token', text: token, copyLabel: 'Copy the token' })}
<p>The program sends it as <code>Authorization: Bearer …</code>. It works until ${timeOf(info.expiresAt)}, or until it is revoked.</p>
<p><a class="button primary" href="${here}">Done</a></p>`;
  return layout({ site, title: `Token for ${info.name}`, main, person, here });
}
