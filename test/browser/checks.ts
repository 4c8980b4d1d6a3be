/** What holds on every page of ours, looked at in a real browser. Faults come as sentences, so that `[]` says all is well. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { CDPSession, Page } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const inPage = readFileSync(new URL('in-page.js', import.meta.url), 'utf8').replace(/^export /gm, '');

const axeRules = {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  rules: { 'target-size': { enabled: true } },
  resultTypes: ['violations'],
  // It would ask for style sheets by script, which our policy rightly refuses; they are the page's own anyway.
  preload: false,
};

/** What axe finds wrong: WCAG 2.2 A and AA, and best practices. Evaluated, not loaded: our policy allows no foreign script. */
export async function axeViolations(page: Page): Promise<string[]> {
  if (!(await page.evaluate<boolean>('"axe" in window'))) await page.evaluate(axe);
  const { violations } = await page.evaluate<AxeResults>(`axe.run(document, ${JSON.stringify(axeRules)})`);
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id}: ${help}. ${node.target.join(' ')} ${node.html} ${node.failureSummary ?? ''}`),
  );
}

/** Whether the page can be scrolled sideways, and what makes it so wide (WCAG 1.4.10 asks for 320 CSS px). */
export function sidewaysScroll(page: Page): Promise<string[]> {
  return look(page, 'findSidewaysScroll()');
}

/** What is harder to hit than it should be: links below 24 CSS px each way (WCAG 2.5.8), buttons and fields below 44. */
export function smallTargets(page: Page, least = { controls: 44, links: 24 }): Promise<string[]> {
  return look(page, `findSmallTargets(${JSON.stringify(least)})`);
}

/**
 * Walks through the page by Tab from its top, and answers the accessible names of what has the focus, in order. Throws
 * where something has no name, no visible outline or is out of sight, where the focus goes in circles before everything
 * was reached, and where something is never reached.
 */
export async function keyboardWalk(page: Page): Promise<string[]> {
  const session = await page.context().newCDPSession(page);
  const names: string[] = [];
  await look(page, 'startAtTop()');
  for (;;) {
    await page.keyboard.press('Tab');
    const { at, what, outlined, inView } = await look<Focus>(page, 'lookAtFocus()');
    if (at === 'inside') continue;
    if (at !== 'next') break;
    const name = await focusedName(session);
    if (name === '') throw new Error(`This has no name: ${what}`);
    if (!outlined) throw new Error(`"${name}" does not show that it has the focus: ${what}`);
    if (!inView) throw new Error(`"${name}" has the focus out of sight: ${what}`);
    names.push(name);
  }
  const missed = await look<string[]>(page, 'findUnwalked()');
  if (missed.length > 0) throw new Error(`After ${names.join(', ')} the keyboard never reaches ${missed.join(', ')}`);
  await session.detach();
  return names;
}

interface Focus {
  at: 'page' | 'again' | 'inside' | 'next';
  what: string;
  outlined: boolean;
  inView: boolean;
}

/** What a fresh load of an address asks for, with the encoded bytes of each answer, headers included. */
export async function transferred(page: Page, url: string): Promise<{ requests: string[]; bytes: number }> {
  const session = await page.context().newCDPSession(page);
  const urls = new Map<string, string>();
  let bytes = 0;
  session.on('Network.requestWillBeSent', ({ requestId, request }) => {
    if (!request.url.startsWith('data:')) urls.set(requestId, request.url);
  });
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    if (urls.has(requestId)) bytes += encodedDataLength;
  });
  await session.send('Network.enable');
  await session.send('Network.setCacheDisabled', { cacheDisabled: true });
  await page.goto(url, { waitUntil: 'networkidle' });
  await session.detach();
  return { requests: [...urls.values()], bytes };
}

function look<Found = string[]>(page: Page, expression: string): Promise<Found> {
  return page.evaluate<Found>(`${inPage}\n${expression}`);
}

/** What the browser tells a screen reader that the focus is on. */
async function focusedName(session: CDPSession): Promise<string> {
  const { result } = await session.send('Runtime.evaluate', { expression: 'document.activeElement' });
  const { nodes } = await session.send('Accessibility.getPartialAXTree', {
    ...(result.objectId ? { objectId: result.objectId } : {}),
    fetchRelatives: false,
  });
  return String(nodes[0]?.name?.value ?? '').trim();
}
