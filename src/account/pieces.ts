import type { Session } from '../http/http.ts';
import { type Html, html, type Person } from '../pages/pages.ts';

/** Who gets the navigation: nobody while the session may do one thing only. */
export function personOf({ level, name, administrator }: Session): Person | undefined {
  return level === 'full' ? { name, administrator } : undefined;
}

/** The way out for whoever has no navigation. */
export function signOutForm(): Html {
  return html`<form method="post" action="/sign-out"><button type="submit">Sign out</button></form>`;
}
