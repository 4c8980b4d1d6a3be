/** Looks at pages, one after the other, and at what holds on every one of them. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { type Hand, openCamera } from '../../scripts/camera.mjs';
import type { Shot } from '../../scripts/make-screenshots.mjs';
import { makeScene, type Scene } from '../../scripts/scene.mjs';
import { axeViolations, sidewaysScroll, smallTargets } from './checks.ts';
import { looks, watchRefusals } from './steps.ts';

let scene: Scene;
let camera: Awaited<ReturnType<typeof openCamera>>;

/** The short tests look at the narrow page, the long ones at the wide one. */
const isOnPhone = looks.every(({ name }) => name === 'light-320');
const paths = new Map<string, Set<string>>();
const look = { colorScheme: 'light', viewport: { width: 1280, height: 800 }, deviceScaleFactor: 1 } as const;

/** Makes a test of each page, in this order and in one scene; and one of what they are called. */
export function lookAt(shots: readonly Shot[]): void {
  before(async () => {
    scene = await makeScene();
    camera = await openCamera(scene);
  });

  after(async () => {
    await camera?.close();
    await scene?.close();
  });

  for (const shot of shots) test(`the page is in order: ${shot[0]}`, () => isInOrder(shot));

  test('no two pages have the same title', async () => {
    const { page, open } = await camera.open('root', look);
    await open('/account');
    for (const link of await page.locator('header nav a').all()) {
      const other = await page.context().newPage();
      await other.goto((await link.getAttribute('href')) ?? '');
      await noteTitle(other);
      await other.close();
    }
    const shared = [...paths].filter(([, places]) => places.size > 1);
    assert.deepEqual(shared, []);
    assert.ok(paths.size >= 9, 'every page that the navigation leads to');
  });
}

/** The way to a form, filled in and sent by its button, or by the one of this name. */
export function fillIn(path: string, values: Record<string, string>, button?: RegExp): (hand: Hand) => Promise<void> {
  return async ({ open, send }) => {
    await open(path);
    await send(values, button);
  };
}

async function isInOrder([, who, way, expected = 200]: Shot): Promise<void> {
  const hand = await camera.open(who, look);
  const { page } = hand;
  const refused = watchRefusals(page);
  let status = 0;
  page.on('response', (response) => {
    if (response.request().isNavigationRequest()) status = response.status();
  });
  await (typeof way === 'string' ? hand.open(way) : way(hand));
  assert.equal(status, expected);
  assert.deepEqual(await outline(page), { language: 'en', titles: 1, headings: 1, mains: 1, loose: [] });
  await noteTitle(page);
  if (!isOnPhone) await page.setViewportSize({ width: 1280, height: 800 });
  else {
    // As it is at 320 px, so it is at 1280 px with a zoom of 400 %. Everything that unfolds is looked into as well.
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 320, height: 640 });
    await page.evaluate('for (const each of document.querySelectorAll("details")) each.open = true');
  }
  await isUsable(page);
  assert.deepEqual(subtract(hand.troubles, refused), []);
  await page.context().close();
}

async function isUsable(page: Page): Promise<void> {
  assert.deepEqual(await sidewaysScroll(page), []);
  assert.deepEqual(await smallTargets(page), []);
  assert.deepEqual(await axeViolations(page), []);
}

/** The bones of a page, and dates that no program could read. */
function outline(page: Page): Promise<unknown> {
  return page.evaluate(`(() => {
    const count = (selector) => document.querySelectorAll(selector).length;
    const loose = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const { data, parentElement } = texts.currentNode;
      if (/\\b20\\d\\d\\b(?!:)|\\b\\d\\d?:\\d\\d(?!\\w|:)/.test(data) && !parentElement.closest('time[datetime], svg')) loose.push(data);
    }
    return { language: document.documentElement.lang, titles: count('title'), headings: count('h1'), mains: count('main'), loose };
  })()`);
}

async function noteTitle(page: Page): Promise<void> {
  const title = await page.title();
  const path = new URL(page.url()).pathname.replace(/\/[\w-]{20,}(?=\/|$)/, '/:id');
  paths.set(title, (paths.get(title) ?? new Set()).add(path));
}

/** What is in the first list beyond the second. */
function subtract(all: readonly string[], expected: readonly string[]): string[] {
  const left = [...all];
  for (const each of expected) if (left.includes(each)) left.splice(left.indexOf(each), 1);
  return left;
}
