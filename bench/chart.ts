import type { Judged, Results } from './results.ts';
import { limit, value } from './table.ts';

const width = 800;
const left = 16;
const full = 560;
const top = 64;
const step = 42;
/** A bar of twice the budget fills the width; what is better still ends in an arrow. */
const most = 2;

/** The rows as bars against one line, the budget: an SVG that needs nothing else, on ground of its own in light and dark. */
export function chart(results: Results): string {
  const rows = results.rows.filter(({ limit }) => ('atLeast' in limit ? limit.atLeast : limit.atMost) > 0);
  const height = top + rows.length * step + 40;
  const line = left + full / most;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title desc">
<title id="title">Speed and size of Countersign against its budget</title>
<desc id="desc">${escaped(rows.map((row) => `${row.what}: ${words(row)}`).join('. '))}.</desc>
<style>${style}</style>
<rect class="ground" width="${width}" height="${height}" rx="8"/>
<text class="head" x="${left}" y="28">Measured side by side, against the budget</text>
<text class="note" x="${line}" y="50" text-anchor="middle">budget; right of it is better</text>
${rows.map((row, index) => bar(row, top + index * step)).join('\n')}
<path class="budget" d="${rows.map((_, index) => `M${line} ${top + index * step + 7}v20`).join('')}"/>
<text class="note" x="${left}" y="${height - 16}">${escaped(imprint(results))}</text>
</svg>
`;
}

const style = `text{font:13px system-ui,sans-serif;fill:#1c2430}.head{font-weight:600;font-size:15px}.note{fill:#5a6472;font-size:12px}.ground{fill:#fff;stroke:#d5dae1}.met{fill:#2c7a55}.missed{fill:#b4483c}.noisy{fill:#8a93a0}.budget{stroke:#1c2430;stroke-width:2}.range{stroke:#1c2430}@media(prefers-color-scheme:dark){text{fill:#e6e9ee}.note{fill:#a3adba}.ground{fill:#161b22;stroke:#343c47}.met{fill:#3f9d72}.missed{fill:#d2665a}.noisy{fill:#79838f}.budget,.range{stroke:#e6e9ee}}`;

const classes = { met: 'met', 'not met': 'missed', noisy: 'noisy' } as const;

function bar(row: Judged, y: number): string {
  const at = (figure: number): number => Math.round((Math.min(most, score(row, figure)) * full) / most);
  const length = at(row.median);
  const middle = y + 17;
  const [from, to] = [at(row.min), at(row.max)].toSorted((one, other) => one - other);
  const beyond = score(row, row.median) > most ? ' →' : '';
  return `<text x="${left}" y="${y + 4}">${escaped(row.what)}</text>
<rect class="${classes[row.verdict]}" x="${left}" y="${y + 10}" width="${length}" height="14" rx="2"/>${
    from === to ? '' : `<path class="range" d="M${left + (from ?? 0)} ${middle}H${left + (to ?? 0)}"/>`
  }
<text class="note" x="${left + full + 12}" y="${y + 21}">${escaped(words(row) + beyond)}</text>`;
}

/** How many times as good as the budget a figure is. */
function score({ limit }: Judged, figure: number): number {
  return 'atLeast' in limit ? figure / limit.atLeast : limit.atMost / figure;
}

function words(row: Judged): string {
  return `${value(row.median, row.unit)} (${limit(row)})${row.verdict === 'met' ? '' : `: ${row.verdict}`}`;
}

function imprint({ made, machine, versions, repeats }: Results): string {
  const { cpu, cores, memory, node } = machine;
  const peer = `better-auth ${versions['better-auth']}`;
  return `${made.slice(0, 10)}, ${cpu}, ${cores} cores, ${memory}, Node ${node}, ${peer}; median of ${repeats}, lines from least to most`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
