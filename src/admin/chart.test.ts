import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day } from '../clock.ts';
import { render } from '../pages/pages.ts';
import { chart, dayInWords, summary } from './chart.ts';

const start = Date.UTC(2026, 10, 29);
const days = [
  { start, succeeded: 0, refused: 1 },
  { start: start + day, succeeded: 200, refused: 0 },
  { start: start + 2 * day, succeeded: 50, refused: 1234567 },
];

/** The bars of a chart, each with its class and its numbers. */
const bars = (svg: string) =>
  [...svg.matchAll(/<rect class="([\w-]+)" x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)"\/>/g)].map(
    ([, name, x, y, , height]) => ({ name, x: Number(x), y: Number(y), height: Number(height) }),
  );

test('a chart says in words what it shows', () => {
  assert.equal(summary(days), '250 sign-ins and 1234568 refused in the last 3 days.');
  assert.equal(summary([{ start, succeeded: 1, refused: 0 }]), '1 sign-in and 0 refused in the last day.');
  assert.match(render(chart(days)), /role="img" aria-label="250 sign-ins and 1234568 refused in the last 3 days\."/);
  assert.equal(dayInWords(start), '29 Nov 2026');
});

test('sign-ins stand on the axis and refusals hang from it, each as long as there are many', () => {
  const even = [
    { start, succeeded: 100, refused: 50 },
    { start: start + day, succeeded: 25, refused: 100 },
  ];
  const [a, b, c, d, ...more] = bars(render(chart(even)));
  const axis = Number(/<line class="axis" [^>]*y1="(\d+)"/.exec(render(chart(even)))?.[1]);
  assert.deepEqual(more, []);
  assert.deepEqual(
    [a, b, c, d].map((bar) => bar?.name),
    ['bar-good', 'bar-bad', 'bar-good', 'bar-bad'],
  );
  assert.deepEqual(
    [a, b, c, d].map((bar) => bar?.height),
    [100, 50, 25, 100],
  );
  assert.deepEqual(
    [a, c].map((bar) => (bar?.y ?? 0) + (bar?.height ?? 0)),
    [axis, axis],
  );
  assert.deepEqual(
    [b, d].map((bar) => bar?.y),
    [axis, axis],
  );
  assert.ok(a && c && a.x < c.x);
});

test('what happened once is seen beside what happened often, and what did not happen is not drawn', () => {
  const drawn = bars(render(chart(days)));
  assert.deepEqual(
    drawn.map(({ name }) => name),
    ['bar-bad', 'bar-good', 'bar-good', 'bar-bad'],
  );
  for (const { height } of drawn) assert.ok(height >= 3 && height <= 100);
  assert.deepEqual(bars(render(chart(days.map((each) => ({ ...each, succeeded: 0, refused: 0 }))))), []);
});

test('bars carry their numbers, days their dates, and a month its name where it begins', () => {
  const texts = [...render(chart(days)).matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
  assert.deepEqual(texts, ['Signed in', 'Refused', '1', '29', 'Nov', '200', '30', '50', '1M', '1', 'Dec']);
});

test('a chart has no style of its own, and everything is inside it', () => {
  const svg = render(chart(days));
  assert.doesNotMatch(svg, /style=|<style|href/);
  const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg)?.map(Number) ?? [];
  for (const [, x, y] of svg.matchAll(/x="(\d+)" y="(\d+)"/g))
    assert.ok(Number(x) <= Number(width) && Number(y) > 0 && Number(y) < Number(height), `${x} ${y}`);
});
