import type { Cookies } from '../http/http.ts';
import type { Site } from '../pages/pages.ts';
import { type SignInForm, signInPage } from './page.ts';
import { askBrowser, type PasskeyOptions } from './passkey-options.ts';

interface Parts {
  signIn: { passkeyOptions: PasskeyOptions };
  site: Site;
}

/** The sign-in page for the browser of `asker`, with passkeys where there can be any. */
export async function offerSignIn(
  { signIn, site }: Parts,
  asker: { cookies: Cookies; now: number },
  shown: Omit<SignInForm, 'site' | 'passkey'> = {},
): Promise<string> {
  const { passkeyOptions } = signIn;
  const passkey = passkeyOptions.possible() ? await askBrowser(passkeyOptions, asker) : undefined;
  return signInPage({ ...shown, site, passkey });
}
