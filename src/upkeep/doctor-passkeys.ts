import type { Db } from '../database/database.ts';
import { passkeysByHost, relyingPartyOf } from '../passkeys/passkeys.ts';
import type { Finding } from './finding.ts';

/** Whether passkeys can be used under the name by which people reach the service: each is good for one host name alone. */
export async function passkeyFindings(db: Db, { publicUrl }: { publicUrl: string }): Promise<Finding[]> {
  const all = await passkeysByHost(db);
  const own = relyingPartyOf(publicUrl || 'http://localhost')?.id;
  if (own === undefined) {
    const found = `Nobody can use or add a passkey: the public URL ${publicUrl} names an IP address.`;
    const todo = 'Give the service a host name, and name that with --public-url (COUNTERSIGN_PUBLIC_URL).';
    return [{ check: 'passkeys', state: 'warning', found, todo }];
  }
  const count = (some: typeof all): number => some.reduce((sum, { passkeys }) => sum + passkeys, 0);
  const others = all.filter(({ host }) => host !== own);
  if (others.length === 0)
    return [{ check: 'passkeys', state: 'ok', found: `They are for ${own}; there are ${count(all)}.` }];
  const hosts = others.slice(0, 3).map(({ host }) => host.replace(/[^\w.-]/g, '?'));
  const found = `Of ${count(all)} passkeys ${count(others)} sign nobody in: they were made for another host name (${hosts.join(', ')}) than that of the public URL (${own}).`;
  const todo =
    'If that is not the host name that people use, name the right one with --public-url (COUNTERSIGN_PUBLIC_URL). If the service has moved, let them sign in another way, add a new passkey and remove the old one; `countersign user reset-second-factor NAME` and a one-time link help whoever has no other way.';
  return [{ check: 'passkeys', state: 'warning', found, todo }];
}
