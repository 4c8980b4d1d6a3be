/** Numbers that nobody foresees, and that are the same again for the same seed. */
export interface Random {
  /** A whole number from 0 up to, but not including, `count`. */
  below(count: number): number;
  pick<T>(all: readonly [T, ...T[]]): T;
}

/** xorshift32 (Marsaglia, 2003): enough to choose what people do next, and nothing else. */
export function randomOf(seed: number): Random {
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995) >>> 0 || 1;
  const below = (count: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % count;
  };
  return { below, pick: (all) => all[below(all.length)] ?? all[0] };
}
