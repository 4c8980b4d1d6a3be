import type { Cookies, Session } from '../http/http.ts';
import type { GoesOn } from '../sign-in/sign-in.ts';

/** Has the browser keep what it goes on by after a change that ended everything else. */
export function keepOn(cookies: Cookies, session: Session, { token, browser }: GoesOn): void {
  cookies.keep('session', token, session.expiresAt);
  if (browser) cookies.keepBrowsers(browser.tokens, browser.expiresAt);
}
