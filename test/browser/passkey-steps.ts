/** What a person does on the page about the own passkeys, in a real browser. */
import assert from 'node:assert/strict';
import { axeViolations, smallTargets } from './checks.ts';
import type { Hand } from './steps.ts';

export const passkeysUrl = '/account/passkeys';

/** The cards of the page, by their names. */
export const cardsOn = ({ page }: Hand): Promise<string[]> => page.locator('main .cards h2').allInnerTexts();

/** Presses the button that adds one, and waits for what comes. */
export async function add(hand: Hand, name?: string): Promise<void> {
  if (name !== undefined) await hand.page.getByLabel('Name of the passkey').fill(name);
  await hand.press(/^Add .*passkey$/);
}

/** Unfolds what stands under a word on the card of a passkey. */
export async function unfold({ page }: Hand, word: 'Rename' | 'Remove', name: string): Promise<void> {
  await page.locator('main .cards > li').filter({ hasText: name }).locator('summary', { hasText: word }).click();
}

/** What holds on any page, with everything unfolded. */
export async function isInOrder({ page }: Hand): Promise<void> {
  await page.evaluate('for (const each of document.querySelectorAll("main details")) each.open = true');
  assert.deepEqual(await axeViolations(page), []);
  assert.deepEqual(await smallTargets(page), []);
}

export async function rename(hand: Hand, name: string, next: string): Promise<void> {
  await unfold(hand, 'Rename', name);
  await hand.page.locator('main .cards > li').filter({ hasText: name }).getByLabel('New name').fill(next);
  await hand.press('Rename');
}
