import assert from 'node:assert/strict';
import { test } from 'node:test';
import { html, render, type Value } from './html.ts';

const hostile = `"'><script>alert(1)</script><b title="&amp;`;
const harmless = '&quot;&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;b title=&quot;&amp;amp;';

test('markup in a value shows as text, between tags and in attributes', () => {
  assert.equal(render(html`<p>${hostile}</p>`), `<p>${harmless}</p>`);
  assert.equal(render(html`<a title="${hostile}">x</a>`), `<a title="${harmless}">x</a>`);
  assert.equal(render(html`<a title='${hostile}'>x</a>`), `<a title='${harmless}'>x</a>`);
  assert.equal(render(html`<title>${hostile}</title>`), `<title>${harmless}</title>`);
  assert.equal(
    render(html`<ul>${[hostile, html`<li>${hostile}</li>`]}</ul>`),
    `<ul>${harmless}<li>${harmless}</li></ul>`,
  );
});

test('markup of another template is kept, alone and in lists', () => {
  const items = ['a', 'b'].map((name) => html`<li>${name}</li>`);
  assert.equal(render(html`<ul>${items}</ul>${html`<hr>`}`), '<ul><li>a</li><li>b</li></ul><hr>');
});

test('nothing renders as nothing, and zero as zero', () => {
  assert.equal(render(html`[${undefined}${null}${false}${''}${[]}${0}]`), '[0]');
});

test('an object that looks like markup but was not made by a template is not taken for it', () => {
  const forged = JSON.parse('{"markup":"<b>","Symbol(markup)":"<b>"}') as Value;
  assert.throws(() => render(html`${forged}`), TypeError);
});

test('a value in an attribute without quotes is refused', () => {
  assert.throws(() => html`<input value=${'x'}>`, /Quote the attribute/);
  assert.throws(() => html`<p>${'a'}</p><input class="b" value= ${'x'}>`, /Quote the attribute/);
  assert.throws(() => html`<input class="${'b'}" value=${'x'}>`, /Quote the attribute/);
  assert.throws(() => html`<a href="/x?y=${'b'}" class=${'x'}>`, /Quote the attribute/);
  assert.equal(render(html`<p>1 + 1 = ${2}</p>`), '<p>1 + 1 = 2</p>');
  assert.equal(render(html`<a href="/x?y=${'b"'}&z=${'c'}">`), '<a href="/x?y=b&quot;&z=c">');
});
