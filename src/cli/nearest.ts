/** The variable that was probably meant: of those that share the most words, the one that takes the fewest changes of a letter. */
export function nearest(name: string, known: readonly string[]): string {
  const ranked = known.map((other) => ({ other, shared: sharedWords(name, other), changes: distance(name, other) }));
  return ranked.sort((one, two) => two.shared - one.shared || one.changes - two.changes)[0]?.other ?? '';
}

function sharedWords(one: string, other: string): number {
  const words = other.split('_');
  return one.split('_').filter((word) => words.includes(word)).length;
}

/** Levenshtein's: letters to insert, delete or replace. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (const [at, letter] of [...one].entries()) {
    const next = [at + 1];
    for (let column = 0; column < other.length; column += 1) {
      const [diagonal = 0, above = 0] = row.slice(column, column + 2);
      const left = next[column] ?? 0;
      next.push(Math.min(diagonal + Number(letter !== other[column]), above + 1, left + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
