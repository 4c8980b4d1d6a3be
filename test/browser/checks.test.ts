import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { listen } from '../listening.ts';
import { makeWorld, type World } from '../server.ts';
import { axeViolations, keyboardWalk, sidewaysScroll, smallTargets, transferred } from './checks.ts';
import { launch, openPage } from './chromium.ts';

let world: World;
let origin: string;
let browser: Browser;

before(async () => {
  world = await makeWorld();
  origin = (await listen(world)).url;
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await world?.close();
});

const good = `<!doctype html><html lang="en"><head><title>Good</title><style>
button, input { font: inherit; min-height: 44px; min-width: 44px } :focus { outline: 3px solid blue }</style></head>
<body><main><h1>Good</h1><p>Read <a href="/help">the help</a> first.</p>
<form><label for="a">Name</label> <input id="a"><label><input type="radio" name="r"> One</label><label><input type="radio" name="r"> Two</label>
<button>Save</button><button hidden>Later</button></form></main></body></html>`;

test('a good page has nothing wrong, and is walked through by keyboard wherever the focus was', async () => {
  const page = await show(good.replace('id="a"', 'id="a" autofocus'));
  assert.deepEqual(await axeViolations(page), []);
  assert.deepEqual(await sidewaysScroll(page), []);
  assert.deepEqual(await smallTargets(page), []);
  await page.locator('button').first().focus();
  assert.deepEqual(await keyboardWalk(page), ['the help', 'Name', 'One', 'Save']);
  assert.deepEqual(await keyboardWalk(page), ['the help', 'Name', 'One', 'Save']);
});

test('the parts of a date are one stop of the walk, and the walk leaves nothing behind', async () => {
  const page = await show(good.replace('id="a"', 'id="a" type="date"'));
  const before = await page.content();
  assert.deepEqual(await keyboardWalk(page), ['the help', 'Name', 'One', 'Save']);
  assert.equal(await page.content(), before);
});

test('axe finds a field without a label and text that can hardly be read', async () => {
  const page = await show(
    good.replace('<label for="a">Name</label>', '').replace('<p>', '<p style="color: #aaa; background: #fff">'),
  );
  const found = await axeViolations(page);
  assert.match(found.join('\n'), /^label: [\s\S]*^color-contrast: |^color-contrast: [\s\S]*^label: /m);
});

test('a page that is too wide names what makes it so', async () => {
  const page = await show(good.replace('</form>', '</form><div id="wide" style="width: 2000px">x</div>'));
  const [fault, ...rest] = await sidewaysScroll(page);
  assert.match(fault ?? '', /is 20\d\d px wide in a window of 1280: .*div#wide/);
  assert.deepEqual(rest, []);
});

test('small things to press are found, but not links in running text', async () => {
  const page = await show(
    good
      .replace('min-height: 44px', 'min-height: 30px; height: 30px')
      .replace('</form>', '</form><nav><a href="/x" style="font-size: 8px">Small</a></nav>'),
  );
  const found = await smallTargets(page);
  assert.deepEqual(
    found.map((fault) => fault.replace(/\d+ × \d+/, '…')),
    [
      'input "a" is … px, not 44',
      'input "" is … px, not 44',
      'input "" is … px, not 44',
      'button "Save" is … px, not 44',
      'a "Small" is … px, not 24',
    ],
  );
});

for (const [what, from, to, fault] of [
  ['shows no focus', 'outline: 3px solid blue', 'outline: none', /"the help" does not show that it has the focus/],
  ['has no name', '<label for="a">Name</label>', '', /This has no name: <input/],
  [
    'holds the focus fast',
    '<input id="a">',
    `<input id="a" onkeydown="event.preventDefault()">`,
    /never reaches <button/,
  ],
  [
    'takes the focus out of sight',
    '<button>',
    '<button style="position: fixed; left: -500px">',
    /"Save" has the focus out of sight/,
  ],
] as const) {
  test(`the walk notices what ${what}`, async () => {
    const page = await show(good.replace(from, to));
    await assert.rejects(keyboardWalk(page), fault);
  });
}

test('under our own policy the checks work, and nothing complains', async () => {
  const { link = '' } = await world.server.users.create({ name: 'ivy' });
  const { page, troubles } = await openPage(browser, origin);
  const { pathname, search } = new URL(link);
  const { requests, bytes } = await transferred(page, pathname + search);
  assert.equal(requests[0], origin + pathname + search);
  assert.ok(requests.length >= 2 && requests.every((url) => url.startsWith(origin)), requests.join(' '));
  assert.ok(bytes > 1000 && bytes < 20_000, `${bytes} bytes`);
  assert.deepEqual(await axeViolations(page), []);
  assert.deepEqual(await sidewaysScroll(page), []);
  assert.deepEqual(await smallTargets(page), []);
  const names = await keyboardWalk(page);
  assert.ok(names.includes('New password') && names.includes('Set the password'), names.join(', '));
  assert.deepEqual(troubles, []);
  assert.deepEqual((await transferred(page, pathname + search)).requests, requests);
});

async function show(content: string): Promise<Page> {
  const page = await browser.newPage();
  await page.setContent(content);
  return page;
}
