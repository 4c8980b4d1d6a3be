/** What is made of repeats. Pure. */

export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** The bound that a figure is held against. */
export type Limit = { atLeast: number } | { atMost: number };

export type Verdict = 'met' | 'not met' | 'noisy';

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length / 2;
  const lower = sorted[Math.ceil(middle) - 1];
  const upper = sorted[Math.floor(middle)];
  if (lower === undefined || upper === undefined) throw new Error('There is no median of nothing.');
  return (lower + upper) / 2;
}

export function spread(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** The value that this part of all values does not exceed: 0.99 for p99, by nearest rank. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  const value = sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)];
  if (value === undefined) throw new Error('There is no percentile of nothing.');
  return value;
}

/** The ratios of repeats that ran one after the other: of each turn its own, so that what both met cancels out. */
export function ratios(ours: readonly number[], peers: readonly number[]): number[] {
  if (ours.length !== peers.length) throw new Error('Each repeat of ours needs one of the peer.');
  return ours.map((value, turn) => value / (peers[turn] ?? Number.NaN));
}

/**
 * Whether the figure keeps the limit. Of five repeats or more the best and the worst do not count; where the others lie
 * on both sides of the limit, the noise is larger than the difference.
 */
export function verdict(values: readonly number[], limit: Limit): Verdict {
  const sorted = values.toSorted((one, other) => one - other);
  const judged = sorted.length > 4 ? sorted.slice(1, -1) : sorted;
  const kept = judged.map((value) => ('atLeast' in limit ? value >= limit.atLeast : value <= limit.atMost));
  if (kept.length > 0 && kept.every(Boolean)) return 'met';
  return kept.some(Boolean) ? 'noisy' : 'not met';
}
