import type { Judged, Results } from './results.ts';
import type { Figure } from './run.ts';

/** The results as text: a line for each row of the budget, then absolute figures. */
export function table({ rows, figures }: Pick<Results, 'rows' | 'figures'>): string {
  const head = ['', 'median', '(min to max)', 'budget', 'CPU', ''];
  const budget = rows.map((row) => [
    row.verdict,
    value(row.median, row.unit),
    range(row),
    limit(row),
    cpu(row),
    tale(row),
  ]);
  const absolute = figures.map((one) => [value(one.median, one.unit), range(one), each(one), one.what]);
  const parts = [rows.length > 0 ? lines([head, ...budget]) : '', figures.length > 0 ? lines(absolute) : ''];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** A figure with its unit, to as many digits as say something. */
export function value(figure: number, unit: string): string {
  const digits = Number.isInteger(figure) || figure >= 100 ? 0 : figure >= 10 ? 1 : 2;
  const number = figure.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return unit === '' ? number : `${number} ${unit}`;
}

export function limit({ limit: bound, unit }: Pick<Judged, 'limit' | 'unit'>): string {
  return 'atLeast' in bound ? `≥ ${value(bound.atLeast, unit)}` : `≤ ${value(bound.atMost, unit)}`;
}

function range({ min, max }: { min: number; max: number }): string {
  return min === max ? '' : `(${value(min, '')} to ${value(max, '')})`;
}

function cpu({ cpu: ratio }: Judged): string {
  return ratio === undefined ? '' : value(ratio, '×');
}

function each({ cpu: ms }: Figure): string {
  return ms === undefined ? '' : `${value(ms < 1 ? ms * 1000 : ms, ms < 1 ? 'µs' : 'ms')} of CPU each`;
}

function tale({ what, unsure }: Judged): string {
  return unsure === undefined ? what : `${what} (${unsure})`;
}

/** Columns as wide as they must be; the last one is as long as it is. */
function lines(cells: string[][]): string {
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  return cells
    .map((line) =>
      line
        .map((cell, at) => (at === line.length - 1 ? cell : cell.padEnd(widths[at] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
