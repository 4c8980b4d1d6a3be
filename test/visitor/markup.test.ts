import assert from 'node:assert/strict';
import { test } from 'node:test';
import { html, render } from '../../src/pages/pages.ts';
import { elements, readMarkup, textOf } from './markup.ts';

const whole = (text: string): string => textOf(readMarkup(text));

test('text is read with single spaces, apart between blocks and together within a line', () => {
  assert.equal(whole('<dl>\n<dt>Codes</dt><dd>1<b>0</b> left</dd></dl>'), 'Codes 10 left');
  assert.equal(whole('<p>a<br>b</p><ul><li>c</li><li>d</li></ul>'), 'a b c d');
  assert.equal(whole('<p>2 &lt; 3 &amp; &quot;x&quot; &#39;y&#x27;&nbsp;z</p>'), `2 < 3 & "x" 'y' z`);
});

test('what nobody sees without a script is not read', () => {
  const page =
    '<!doctype html><head><title>t</title></head><p>a</p><button hidden>b</button><script>if (1<2) c()</script>';
  assert.equal(whole(`${page}<!-- d --><noscript><p>e</p></noscript>`), 'a e');
});

test('attributes are read as they were meant', () => {
  const [input] = elements(
    readMarkup(`<input value="&quot;&lt;b>" data-x='it"s' required>`),
    ({ name }) => name === 'input',
  );
  assert.deepEqual(input?.attributes, { value: '"<b>', 'data-x': 'it"s', required: '' });
});

test('what the template escapes comes back as it was', () => {
  const hostile = `"'><script>alert(1)</script>&amp;&#39;\u{1f9a9}`;
  const root = readMarkup(render(html`<p title="${hostile}">${hostile}</p>`));
  const [paragraph] = elements(root, ({ name }) => name === 'p');
  assert.deepEqual([paragraph?.attributes['title'], paragraph?.children], [hostile, [hostile]]);
});

test('a drawing is read, closed by a slash or by a tag', () => {
  const root = readMarkup(
    '<svg viewBox="0 0 1 1"><title>t</title><path d="M0 0"/><g><rect width="1"></rect></g></svg>',
  );
  assert.deepEqual(
    elements(root, () => true).map(({ name }) => name),
    ['svg', 'title', 'path', 'g', 'rect'],
  );
});

for (const [markup, what] of [
  ['<p>a', /<p> is left open/],
  ['<p>a</div>', /<\/div> closes <p>/],
  ['a</p>', /closes <#document>/],
  ['<ul><li>a<li>b</ul>', /<\/ul> closes <li>/],
  ['<p><ul></ul></p>', /<ul> may not stand inside <p>/],
  ['<form><div><form></form></div></form>', /<form> may not stand inside <form>/],
  ['<a href="/"><button>x</button></a>', /<button> may not stand inside <a>/],
  ['<p class=a></p>', /no tag as we write them/],
  ['<p class="a" class="b"></p>', /class is there twice/],
  ['<p>a & b</p>', /unknown character reference/],
  ['<p title="&bogus;"></p>', /unknown character reference/],
  ['1 < 2', /no tag as we write them/],
  ['<script>', /<script> is left open/],
] as const) {
  test(`what a browser would have to guess at is refused: ${markup}`, () => {
    assert.throws(() => readMarkup(markup), what);
  });
}
