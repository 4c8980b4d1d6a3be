import { type Html, html } from './html.ts';

/** Who is signed in. */
export interface Person {
  name: string;
  administrator: boolean;
}

type Entries = readonly (readonly [path: string, name: string])[];

const account: Entries = [
  ['/account', 'Account'],
  ['/account/passkeys', 'Passkeys'],
  ['/account/authenticator', 'Authenticator'],
  ['/account/recovery-codes', 'Recovery codes'],
  ['/account/password', 'Password'],
  ['/account/sessions', 'Sessions'],
  ['/account/activity', 'Activity'],
];

const administration: Entries = [
  ['/admin/users', 'Users'],
  ['/admin/activity', 'Activity'],
  ['/admin/service-tokens', 'Service tokens'],
];

/** Where a signed-in person can go, and the way out. Folded on a narrow screen, without a script. */
export function menu({ name, administrator }: Person, here?: string): Html {
  return html`<details class="menu">
<summary>Menu</summary>
${navigation('Account', account, here)}
${administrator && navigation('Administration', administration, here)}
<div class="who">
<p>Signed in as <strong>${name}</strong></p>
<form method="post" action="/sign-out"><button type="submit">Sign out</button></form>
</div>
</details>`;
}

function navigation(label: string, entries: Entries, here?: string): Html {
  return html`<nav aria-label="${label}"><ul>${entries.map(
    ([path, name]) => html`<li><a href="${path}"${path === here && html` aria-current="page"`}>${name}</a></li>`,
  )}</ul></nav>`;
}
