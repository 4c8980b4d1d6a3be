import * as z from 'zod';

/** The longest return target that is followed, in characters. */
const longest = 512;

/** Plain segments and a plain query: nothing that any reader of addresses could take for another host or another scheme. */
const localPath = /^\/(?:[\w.~-]+(?:\/[\w.~-]+)*)?(?:\?[\w.~=&%+-]*)?$/;

/** Places that only lead back here, end what was begun, or belong to whoever made a link. */
const noWayBack = /^\/(?:sign-in|sign-out|reauthenticate|setup|invitation)(?:[/?]|$)/;

/**
 * Where a person may be sent after signing in: a path on our own host (ASVS 3.7.2), or nothing. What is not plainly one
 * is not mended but dropped.
 */
export function returnTarget(given: string | undefined): string | undefined {
  if (given === undefined || given.length > longest || !localPath.test(given) || noWayBack.test(given))
    return undefined;
  const here = 'https://countersign.invalid';
  const { origin, pathname, search } = new URL(given, here);
  // Nothing may be left to resolve: a dot segment would make of it another path than the one looked at.
  return origin === here && pathname + search === given ? given : undefined;
}

/** A return target in a form: one that may not be followed is dropped, so that no handler can forget to check it. */
export const returnTo = z
  .string()
  .max(2048)
  .optional()
  .transform((given) => returnTarget(given));

/** An address of ours with the page to come back to, and the word of a notice, where there are such. */
export function withReturn(path: string, back: string | undefined, done?: string): string {
  const target = returnTarget(back);
  const query = new URLSearchParams({ ...(done && { done }), ...(target && { return_to: target }) });
  return query.size === 0 ? path : `${path}?${query}`;
}
