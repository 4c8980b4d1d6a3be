/** How results are judged and shown, and that what is shown in this checkout is what was measured. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { chart } from './chart.ts';
import { judge, type Results, readResults } from './results.ts';
import type { Row } from './run.ts';
import { table, value } from './table.ts';

const fast: Row = {
  ...{ id: 'fast', what: 'checks & <more>', unit: '×', limit: { atLeast: 0.6 } },
  ...{ values: [0.61, 0.66, 0.64, 0.7, 0.62], cpu: 0.651 },
};
const small: Row = { id: 'small', what: 'memory', unit: 'MB', limit: { atMost: 100 }, values: [130] };
const countless: Row = { id: 'none', what: 'install scripts', unit: '', limit: { atMost: 0 }, values: [0] };

const results: Results = {
  ...{ made: '2026-11-23T10:00:00.000Z', took: 600, repeats: 5, commit: 'abc' },
  machine: { cpu: 'A & B', cores: 2, memory: '25 GB', system: 'Linux', node: 'v26.10.0', pinned: true },
  versions: { 'better-auth': '1.0.0' },
  rows: [fast, small, countless, { ...small, unsure: 'a server waited' }].map(judge),
  figures: [{ what: 'checks', unit: 'a second', median: 20_000.4, min: 19_000, max: 21_000, cpu: 0.0171 }],
};

const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8');

test('a row is judged by its repeats, and not at all where they cannot tell', () => {
  assert.deepEqual(results.rows[0], {
    ...{ id: 'fast', what: 'checks & <more>', unit: '×', limit: { atLeast: 0.6 } },
    ...{ median: 0.64, min: 0.61, max: 0.7, cpu: 0.651, verdict: 'met' },
  });
  assert.equal(judge({ ...fast, unsure: 'a server waited' }).verdict, 'noisy');
});

test('figures have as many digits as say something', () => {
  assert.deepEqual(
    [value(0.6, '×'), value(12.345, 'ms'), value(20_000.4, 'a second'), value(3, '')],
    ['0.60 ×', '12.3 ms', '20,000 a second', '3'],
  );
});

test('the table has a line for each row and each figure', () => {
  assert.equal(
    table(results),
    `         median  (min to max)    budget    CPU
met      0.64 ×  (0.61 to 0.70)  ≥ 0.60 ×  0.65 ×  checks & <more>
not met  130 MB                  ≤ 100 MB          memory
met      0                       ≤ 0               install scripts
noisy    130 MB                  ≤ 100 MB          memory (a server waited)

20,000 a second  (19,000 to 21,000)  17.1 µs of CPU each  checks
`,
  );
});

test('the chart draws each row against one line, which a bar passes where it is better than the budget', () => {
  const drawn = chart(results);
  const bars = [...drawn.matchAll(/<rect class="(\w+)" x="(\d+)" y="\d+" width="(\d+)"/g)].map(([, kind, x, width]) => [
    kind,
    Number(x) + Number(width),
  ]);
  const line = Number(/class="budget" d="M(\d+) /.exec(drawn)?.[1]);
  assert.deepEqual(
    bars.map(([kind, end]) => [kind, Number(end) >= line]),
    [
      ['met', true],
      ['missed', false],
      ['noisy', false],
    ],
  );
  assert.match(
    drawn,
    /<title id="title">.+<\/title>\n<desc id="desc">checks &amp; &lt;more&gt;: 0\.64 × \(≥ 0\.60 ×\)\. memory: 130 MB/,
  );
  assert.doesNotMatch(drawn, /<script|href=|url\(|@import|NaN|undefined/);
  assert.match(drawn, /prefers-color-scheme:dark/);
});

test('results.json is of a full run and has every line of the budget', () => {
  const { rows, repeats } = readResults();
  assert.equal(repeats, 5);
  const checks = ['check-bare', 'check-better-auth', 'check-scale'];
  const signIns = ['sign-in', 'sign-in-scale', 'p99'];
  const process = ['start', 'memory-idle', 'memory-after'];
  const page = ['page-bytes', 'page-requests', 'page-script'];
  const packages = ['packages', 'packages-size', 'packages-scripts'];
  assert.deepEqual(
    rows.map(({ id }) => id),
    [...checks, ...signIns, ...process, ...page, ...packages],
  );
});

test('the chart is drawn from results.json, and README shows it and no figure of its own', () => {
  assert.equal(read('chart.svg'), chart(readResults()));
  const section = /^## Speed and size\n([\s\S]*?)^## /m.exec(read('../README.md'))?.[1] ?? '';
  assert.match(section, /src="bench\/chart\.svg"/);
  assert.match(section, /npm run bench/);
  assert.doesNotMatch(section, /\d[\d.,]*\s*(?:×|ms|µs|kB|MB|%|times|a second)/);
});
