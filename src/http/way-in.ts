import type { Access, Level } from './access.ts';
import type { Problem } from './problems.ts';
import { withReturn } from './return-to.ts';

/** What of a request for a page decides where it leads. */
interface Asked {
  access: Access | undefined;
  /** Which cookies came with it; what they are worth is found out where they lead. */
  cookies: { session: string | undefined; half: string | undefined };
  /** The page to come back to. */
  back: string;
}

/**
 * Where a person is sent who may not see a page yet: to the one thing to be done first, and from there back. Nothing
 * where no such thing would help; then the problem itself is shown.
 */
export function wayIn(
  { code, particulars: { limited } }: Problem,
  { access, cookies, back }: Asked,
): string | undefined {
  if (code === 'unauthenticated') {
    // With both cookies dead, the way to the account would only lead back here.
    if (access === 'half signed in') return cookies.session && !cookies.half ? '/account' : '/sign-in?done=expired';
    if (cookies.half) return '/sign-in/code';
    return withReturn('/sign-in', back, cookies.session ? 'ended' : undefined);
  }
  if (code === 'reauthentication_required')
    return withReturn(limited === undefined ? '/reauthenticate' : '/sign-in', back);
  return code === 'forbidden' && limited !== undefined ? withReturn(mend[limited], back) : undefined;
}

const mend: Record<Exclude<Level, 'full'>, string> = {
  enrolling: '/account/authenticator',
  'changing password': '/account/password',
};
