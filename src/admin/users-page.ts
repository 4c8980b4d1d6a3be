import type { FormError } from '../http/http.ts';
import { type Html, html, layout, notice, type Person, pager, problem, type Site } from '../pages/pages.ts';
import type { User } from '../users/users.ts';
import { isAboutName } from './user-page.ts';

/** One page of the list. */
export interface UsersList {
  users: User[];
  /** What was looked for; empty: everybody. */
  q: string;
  /** Whether this is the beginning. */
  first: boolean;
  /** The name behind which the next page begins, if there is one. */
  next?: string;
}

interface Shown {
  site: Site;
  person: Person;
  list: UsersList;
  /** The word of a notice. */
  done?: string | undefined;
  /** What was typed for a new user, and what is to be mended in it. */
  typed?: { name: string; administrator: boolean };
  error?: FormError;
}

/** Users to look through and to look for, and the form for a new one. */
export function usersPage({ site, person, list, done, typed, error }: Shown): string {
  const wrong = isAboutName(error);
  const main = html`<h1>Users</h1>
${problem(error)}
${notice(done === 'deleted' ? 'The user is deleted.' : undefined)}
<form method="get" action="/admin/users" role="search">
<label for="q">Find by name</label>
<div class="with-button"><input type="search" id="q" name="q" value="${list.q}" maxlength="256" autocapitalize="none" spellcheck="false"><button type="submit">Find</button></div>
</form>
${list.users.length === 0 ? nobody(list) : table(list.users)}
${onwards(list)}
<h2>Create a user</h2>
<form method="post" action="/admin/users">
<label for="name">Name</label>
<p class="hint" id="name-hint">1 to 64 letters, digits or marks like . - _ @, without spaces.</p>
<input type="text" id="name" name="name" value="${typed?.name}" autocapitalize="none" spellcheck="false" required aria-describedby="${wrong && 'error '}name-hint"${wrong && html` aria-invalid="true"`}>
<label class="check" for="administrator"><input type="checkbox" id="administrator" name="administrator" value="yes"${typed?.administrator && html` checked`}>Administrator: may do everything on these pages</label>
<p class="hint">You get a link to pass on. With it the person chooses how to sign in.</p>
<button type="submit" class="primary">Create the user</button>
</form>`;
  return layout({ site, title: 'Users', main, person, here: '/admin/users', wrong: error !== undefined, wide: true });
}

function nobody({ q, first }: UsersList): Html {
  if (q !== '') return html`<p>Nobody’s name has “${q}” in it. <a href="/admin/users">Show everybody</a></p>`;
  return html`<p>${first ? 'There are no users.' : 'There are no more users.'}</p>`;
}

function table(users: User[]): Html {
  const rows = users.map(
    ({ id, name, administrator, disabled }) => html`<tr>
<th scope="row"><a href="/admin/users/${id}">${name}</a></th>
<td data-label="Role">${administrator ? 'Administrator' : 'User'}</td>
<td data-label="State">${disabled ? html`<span class="badge wrong">Disabled</span>` : 'Active'}</td>
</tr>
`,
  );
  return html`<table>
<thead><tr><th scope="col">Name</th><th scope="col">Role</th><th scope="col">State</th></tr></thead>
<tbody>
${rows}</tbody>
</table>`;
}

function onwards({ q, first, next }: UsersList): Html | undefined {
  const to = (more: Record<string, string>): string => {
    const query = new URLSearchParams({ ...(q === '' ? {} : { q }), ...more }).toString();
    return query === '' ? '/admin/users' : `/admin/users?${query}`;
  };
  return pager({
    first: first ? undefined : to({}),
    next: next === undefined ? undefined : to({ after: next }),
    words: ['First page', 'Next page'],
  });
}
