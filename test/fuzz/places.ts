import type { Network } from './budgets-model.ts';

/** Where requests come from: of IPv6, two networks of one site. In each play others, since the process remembers them. */
export function networksOf(play: number): Network[] {
  const [high, low] = [play >> 8, play & 255];
  const v4 = [1, 2, 3, 4].map((last) => `10.${high}.${low}.${last}`);
  const site = `2001:db8:${play.toString(16)}`;
  return [
    ...v4.map((address) => ({ address, place: address })),
    ...[1, 2].map((network) => ({ address: `${site}:${network}::1`, place: `${site}:${network}`, site })),
  ];
}

/** Whoever is meant by a number, which may be more than there are. */
export function pick<T>(all: readonly T[], at: number): T {
  const one = all[at % all.length];
  if (one === undefined) throw new Error('there is nobody to pick');
  return one;
}
