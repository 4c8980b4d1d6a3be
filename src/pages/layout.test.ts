import assert from 'node:assert/strict';
import { test } from 'node:test';
import { html } from './html.ts';
import { layout } from './layout.ts';

const hostile = `"><script>alert('1')</script>`;
const site = { service: 'Example', contact: '' };
const ada = { name: 'ada', administrator: false };
const grace = { name: 'grace', administrator: true };
const main = html`<h1>Hello</h1>`;

test('whatever is shown is shown as text', () => {
  const text = layout({
    site: { service: hostile, contact: hostile },
    title: hostile,
    main: html`<p>${hostile}</p>`,
    person: { name: hostile, administrator: true },
  });
  assert.equal(text.match(/<script/g)?.length, 1);
  assert.equal(text.match(/&quot;&gt;&lt;script&gt;alert\(&#39;1&#39;\)/g)?.length, 6);
});

test('a page says its language, its width, both colour schemes and its name', () => {
  const text = layout({ site, title: 'Sign in', main });
  assert.match(text, /^<!doctype html>\n<html lang="en">/);
  assert.match(text, /<meta name="viewport" content="width=device-width, initial-scale=1">/);
  assert.match(text, /<meta name="color-scheme" content="light dark">/);
  assert.match(text, /<title>Sign in · Example<\/title>/);
  assert.match(layout({ site, title: 'Sign in', main, wrong: true }), /<title>Error: Sign in · Example<\/title>/);
});

test('a page loads two files, and nothing in it needs another policy', () => {
  const text = layout({ site, title: 'Sign in', main, person: grace });
  const addresses = [...text.matchAll(/<(?:link|script|img)[^>]*(?:src|href)="([^"]*)"/g)].map(
    ([, address]) => address,
  );
  assert.deepEqual(
    addresses.map((address) => address?.replace(/[0-9a-f]{16}|,.*/, '*')),
    ['data:image/svg+xml*', '/assets/style.*.css', '/assets/portal.*.js'],
  );
  assert.doesNotMatch(text, /<style|\sstyle=|\son\w+=|<script(?! type="module" src=)/);
});

test('there is one main, which the skip link leads to', () => {
  const text = layout({ site, title: 'Account', main, person: ada });
  assert.match(text, /<body class="signed-in">\n<a class="skip" href="#main">Skip to content<\/a>/);
  assert.equal(text.match(/<main id="main">/g)?.length, 1);
  assert.ok(text.indexOf('<nav') < text.indexOf('<main'));
  assert.match(layout({ site, title: 'Users', main, person: ada, wide: true }), /<body class="signed-in wide">/);
});

test('a stranger gets neither navigation nor a way out', () => {
  assert.doesNotMatch(layout({ site, title: 'Sign in', main }), /<nav|sign-out|<form/);
});

test('a person gets the ways through the account, an administrator those of the administration as well', () => {
  const links = (text: string): string[] =>
    [...text.matchAll(/<li><a href="([^"]*)"/g)].map(([, address]) => address ?? '');
  const own = ['', '/passkeys', '/authenticator', '/recovery-codes', '/password', '/sessions', '/activity'];
  const account = own.map((path) => `/account${path}`);
  const person = layout({ site, title: 'Account', main, person: ada });
  assert.deepEqual(links(person), account);
  assert.doesNotMatch(person, /aria-label="Administration"/);
  assert.match(person, /<p>Signed in as <strong>ada<\/strong><\/p>/);
  assert.match(person, /<form method="post" action="\/sign-out"><button type="submit">Sign out<\/button><\/form>/);
  const administrator = layout({ site, title: 'Users', main, person: grace });
  assert.deepEqual(links(administrator), [...account, '/admin/users', '/admin/activity', '/admin/service-tokens']);
  assert.match(administrator, /<nav aria-label="Account">.*<nav aria-label="Administration">/s);
});

test('the present entry is marked, and no other', () => {
  const text = layout({ site, title: 'Activity', main, person: grace, here: '/admin/activity' });
  assert.deepEqual(text.match(/<a [^>]*aria-current[^>]*>/g), ['<a href="/admin/activity" aria-current="page">']);
  assert.doesNotMatch(layout({ site, title: 'Ivy', main, person: grace }), /aria-current/);
});

test('the foot says whom to ask, where the operator says so', () => {
  const text = layout({ site: { ...site, contact: 'Ask Grace.' }, title: 'Sign in', main });
  assert.match(text, /<footer>\n<p>Ask Grace\.<\/p>\n<p><a href="\/docs">API pages<\/a><\/p>\n<\/footer>/);
  assert.match(layout({ site, title: 'Sign in', main }), /<footer>\s*<p><a href="\/docs">/);
});
