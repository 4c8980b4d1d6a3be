import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Choice, chooseForm, fillIn, type Values } from './filling.ts';
import { readPage } from './page.ts';

const account = `<title>Account · Example</title><header><form method="post" action="/sign-out"><button>Sign out</button></form></header>
<main id="main"><h1>Account</h1><p role="alert" id="error">No.</p><p role="status" hidden>Not yet</p>
<a href="/help" aria-label="Help with this">?</a>
<form method="post" action="/save"><input type="hidden" name="token" value="t">
<label for="name">Name</label><input id="name" name="name" value="alice"><input name="owner" value="root" readonly>
<label>Keep <input type="checkbox" name="keep"></label><input type="checkbox" name="mail" value="weekly" checked>
<input type="radio" name="role" value="user" checked><input type="radio" name="role" value="administrator">
<select name="days"><option value="7">a week</option><option value="30" selected>a month</option></select>
<textarea name="note">
a &amp; b</textarea><input name="gone" disabled value="x">
<button name="do" value="save">Save</button><button name="do" value="delete" formaction="/delete">Delete</button><button type="button">Show</button></form>
<ul><li>Firefox <form method="post" action="/end"><input type="hidden" name="id" value="1"><button>End</button></form></li>
<li>Safari <form method="post" action="/end"><input type="hidden" name="id" value="2"><button>End</button></form></li></ul></main>`;

const send = (values: Values, choice: Choice = {}): string => {
  const [form, button] = chooseForm(readPage(account).forms, values, choice);
  return `${button.action ?? form.action}?${new URLSearchParams(fillIn(form, button, values))}`;
};

test('a page is read: what it says, where it leads, what can be sent', () => {
  const page = readPage(account);
  assert.deepEqual([page.title, page.h1, page.alert, page.status], ['Account · Example', 'Account', 'No.', '']);
  assert.deepEqual(page.links, [{ text: 'Help with this', href: '/help' }]);
  assert.deepEqual(
    page.forms.map(({ action, inMain, buttons }) => [action, inMain, buttons.map(({ text }) => text)]),
    [
      ['/sign-out', false, ['Sign out']],
      ['/save', true, ['Save', 'Delete']],
      ['/end', true, ['End']],
      ['/end', true, ['End']],
    ],
  );
  assert.deepEqual(
    page.forms[1]?.fields.map(({ name, type, label }) => [name, type, label]),
    [
      ['token', 'hidden', ''],
      ['name', 'text', 'Name'],
      ['owner', 'text', ''],
      ['keep', 'checkbox', 'Keep'],
      ['mail', 'checkbox', ''],
      ['role', 'radio', ''],
      ['role', 'radio', ''],
      ['days', 'select', ''],
      ['note', 'textarea', ''],
    ],
  );
});

test('everything in the form is sent, as a browser would', () => {
  const form = '/save?token=t&name=alice&owner=root&mail=weekly&role=user&days=30&note=a+%26+b&do=save';
  assert.equal(send({}, { form: '/save' }), form);
  assert.equal(
    send({ name: 'bob', keep: true, mail: false, role: 'administrator', days: '7', note: 'a\nb' }),
    '/save?token=t&name=bob&owner=root&keep=on&role=administrator&days=7&note=a%0D%0Ab&do=save',
  );
  assert.equal(
    send({}, { form: 'Delete' }),
    '/delete?token=t&name=alice&owner=root&mail=weekly&role=user&days=30&note=a+%26+b&do=delete',
  );
});

test('a form is chosen by its action, by a button, or by what stands beside it', () => {
  assert.equal(send({}, { form: 'Sign out' }), '/sign-out?');
  assert.equal(send({}, { form: '/end', near: 'Safari' }), '/end?id=2');
  assert.equal(send({}, { form: /^End/, near: /Firefox/ }), '/end?id=1');
  assert.equal(send({ name: 'x' }).startsWith('/save?'), true);
});

test('a form that is not there or not plain is an error that says what there is', () => {
  assert.throws(() => send({}), /3 forms are meant by in <main>. The page has POST \/sign-out \(\) \[Sign out\];/);
  assert.throws(() => send({}, { form: 'End' }), /2 forms are meant by End/);
  assert.throws(() => send({}, { form: 'Continue' }), /0 forms are meant by Continue/);
  assert.throws(() => send({ password: 'x' }), /0 forms/);
});

test('nobody fills in what is not there, not his to fill, or not on offer', () => {
  const wrong: Values[] = [
    { password: 'x' },
    { token: 'x' },
    { owner: 'x' },
    { gone: 'x' },
    { role: 'guest' },
    { days: '9' },
    { keep: 'yes' },
    { name: true },
  ];
  for (const values of wrong)
    assert.throws(
      () => send(values, { form: '/save' }),
      /cannot be filled in here|does not offer/,
      JSON.stringify(values),
    );
});

test('one id for two things is an error', () => {
  assert.throws(() => readPage('<p id="a"></p><p id="a"></p>'), /The id a stands twice/);
});
