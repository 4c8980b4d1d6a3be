import { Problem } from '../http/http.ts';

/** What stands for "behind this name" in the address of a next page. */
export const cursorOf = (name: string): string => Buffer.from(name).toString('base64url');

/** The name behind which a page begins; none for the first. Throws `invalid` for a cursor that is none of ours. */
export function nameIn(cursor = ''): string {
  const name = Buffer.from(cursor, 'base64url').toString();
  if (cursorOf(name) === cursor) return name;
  const detail = 'Send `next` of the page before, or no cursor for the first page.';
  throw new Problem('invalid', { errors: [{ pointer: '/cursor', detail }] });
}
