/** What a person does on our pages in a real browser, and what is looked at meanwhile whatever the test is about. */
import assert from 'node:assert/strict';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { decodeQR } from 'qr/decode.js';
import { decodeBase32 } from '../../src/base32.ts';
import { second } from '../../src/clock.ts';
import type { Options } from '../../src/options.ts';
import type { Parts } from '../../src/service.ts';
import { listen } from '../listening.ts';
import { quickHash } from '../quick-hash.ts';
import { freshCode, makeWorld, type Person, type World } from '../server.ts';
import { sidewaysScroll } from './checks.ts';
import { launch, openPage } from './chromium.ts';
import { decodePng } from './png.ts';

/** A world that is reached from a browser. */
export interface Place {
  world: World;
  origin: string;
  browser: Browser;
  close(): Promise<void>;
}

/** Starts both; in a browser that is there already, the world alone. `prepare` is called before anybody can come. */
export async function openPlace({ options, parts, prepare, browser: given }: Makings = {}): Promise<Place> {
  const world = await makeWorld(options, { argon2: quickHash, ...parts });
  prepare?.(world);
  const { url: origin } = await listen(world);
  const browser = given ?? (await launch());
  const close = async (): Promise<void> => {
    if (!given) await browser.close();
    await world.close();
  };
  return { world, origin, browser, close };
}

interface Makings {
  options?: Partial<Options>;
  parts?: Parts;
  prepare?: (world: World) => void;
  browser?: Browser;
}

const allLooks = [
  { name: 'light-320', options: { colorScheme: 'light', viewport: { width: 320, height: 640 } } },
  { name: 'dark-1280', options: { colorScheme: 'dark', viewport: { width: 1280, height: 800 } } },
] as const;

/**
 * How the flows look in this process: on a phone in the short tests, on a desk in the long ones. Between the two, a flow
 * runs in both colour schemes and at both widths.
 */
export const looks = allLooks.filter(({ name }) => name === (process.env['COUNTERSIGN_TEST_LOOK'] ?? 'light-320'));

/** A browser of somebody's own, with the clock of the world. */
export interface Hand {
  page: Page;
  /** Opens a path, or a link that somebody was given. */
  open(address: string): Promise<void>;
  /** Fills in the form that has these fields and presses its one button, or the one of this name; waits for the page that comes. */
  send(values: Record<string, string>, button?: string): Promise<void>;
  /** Presses the one button of this name in the content, and waits for the page that comes. */
  press(button: string | RegExp): Promise<void>;
  /** Follows the one link of this name in the content. */
  follow(link: string): Promise<void>;
  /** Waits for the page of this heading, which must fit the window. */
  at(heading: string): Promise<void>;
  says(role: 'alert' | 'status', words: RegExp): Promise<void>;
  /** What stands in the content. */
  text(): Promise<string>;
  /** Signs out by the button that is on every page, folded away on a narrow one. */
  signOut(): Promise<void>;
  /** Closes the browser, in which nothing may have gone wrong unless it is named. */
  close(expected?: RegExp): Promise<void>;
}

const patience = 10 * second;

/** Opens a browser on a place. */
export async function enter(place: Place, options: BrowserContextOptions = {}): Promise<Hand> {
  const { page, troubles } = await openPage(place.browser, place.origin, options);
  const refused = watchRefusals(page);
  page.setDefaultTimeout(patience);
  const main = page.locator('main');
  let clock = 0;
  const go = async (act: () => Promise<unknown>): Promise<void> => {
    if (clock !== place.world.now() && options.javaScriptEnabled !== false) {
      clock = place.world.now();
      await page.clock.setFixedTime(clock);
    }
    await act();
  };
  const arrive = (act: () => Promise<unknown>): Promise<void> =>
    go(() => Promise.all([page.waitForEvent('load'), act()]));

  return {
    page,
    open(address) {
      const { pathname, search } = new URL(address, place.origin);
      return go(() => page.goto(pathname + search));
    },
    async send(values, button) {
      const form = formWith(main, Object.keys(values));
      for (const [name, value] of Object.entries(values)) await form.locator(`[name="${name}"]`).fill(value);
      const named =
        button === undefined ? form.locator('button[type=submit]') : form.getByRole('button', { name: button });
      await arrive(() => named.click());
    },
    press: (name) => arrive(() => main.getByRole('button', { name, exact: typeof name === 'string' }).click()),
    follow: (name) => arrive(() => main.getByRole('link', { name, exact: true }).click()),
    async at(heading) {
      await main.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
      assert.deepEqual(await sidewaysScroll(page), [], heading);
    },
    says: (role, words) => main.getByRole(role).filter({ hasText: words }).waitFor(),
    text: () => main.innerText(),
    async signOut() {
      const menu = page.locator('header summary');
      if (await menu.isVisible()) await menu.click();
      await arrive(() => page.locator('header').getByRole('button', { name: 'Sign out' }).click());
      await main.getByRole('status').filter({ hasText: 'You are signed out.' }).waitFor();
    },
    async close(expected) {
      // Whatever the browser still has to say comes before this answer.
      await page.evaluate('0');
      const left = troubles.filter((trouble) => !expected?.test(trouble));
      for (const each of refused) if (left.includes(each)) left.splice(left.indexOf(each), 1);
      assert.deepEqual(left, []);
      await page.context().close();
    },
  };
}

/** What the browser writes down for each page that comes with a refusal, as it should: no less and no more. */
export function watchRefusals(page: Page): string[] {
  const words: string[] = [];
  page.on('response', (response) => {
    const status = response.status();
    if (status < 400 || !response.request().isNavigationRequest()) return;
    words.push(
      `console: Failed to load resource: the server responded with a status of ${status} (${response.statusText()})`,
    );
    if (status === 404) words.push(`not found: ${response.url()}`);
  });
  return words;
}

function formWith(main: Locator, fields: string[]): Locator {
  const page = main.page();
  return fields.reduce(
    (forms, name) => forms.filter({ has: page.locator(`[name="${name}"]:not([readonly], [type=hidden])`) }),
    main.locator('form'),
  );
}

/** From the sign-in page to the account, with everything that is demanded. */
export async function signIn(place: Place, hand: Hand, person: Person): Promise<void> {
  await hand.open('/sign-in');
  await hand.send({ username: person.name, password: person.password });
  if (person.secret) await hand.send({ otp: nextCode(place, person) });
  await hand.at('Your account');
}

/** A code that somebody's authenticator has not shown before; the clock is turned to it. */
export function nextCode({ world }: Place, { name, secret }: Person): string {
  if (!secret) throw new Error(`${name} has no authenticator`);
  return freshCode(world, secret);
}

/** How the API answers somebody's password with this beside it: with 200 where the two are right. */
export async function tryToSignIn({ world }: Place, { basic }: Person, body?: Record<string, string>): Promise<number> {
  return (await world.call('POST', '/auth/credentials', { basic, ...(body ? { body } : {}) })).status;
}

/** What an authenticator app makes of the picture on the screen: of a screenshot of the whole page. */
export async function scan({ page }: Hand): Promise<{ secret: Buffer; label: string }> {
  const { width = 0 } = (await page.getByAltText('QR code for setting up an authenticator app').boundingBox()) ?? {};
  assert.ok(width >= 200, `the QR code is ${width} px wide`);
  const screenshot = await page.screenshot({ fullPage: true });
  const uri = new URL(decodeQR(decodePng(screenshot), { timeLimit: 20 * second }));
  assert.equal(uri.protocol, 'otpauth:');
  return {
    secret: Buffer.from(decodeBase32(uri.searchParams.get('secret') ?? '') ?? []),
    label: decodeURIComponent(uri.pathname.replace(/^\/+(totp\/)?/, '')),
  };
}

/** The ten codes of the page that shows them, which cannot be left before they are said to be saved. */
export async function saveCodes(hand: Hand): Promise<string[]> {
  await hand.at('Save your recovery codes');
  const codes = await hand.page.locator('#codes li').allInnerTexts();
  assert.equal(new Set(codes).size, 10);
  for (const code of codes) assert.match(code, /^([A-Z2-7]{4}-){5}[A-Z2-7]{4}$/);
  const onwards = hand.page.getByRole('button', { name: 'Continue' });
  await onwards.click();
  await hand.page.locator('input:invalid[type=checkbox]:focus').waitFor();
  await hand.at('Save your recovery codes');
  await hand.page.getByLabel('I have saved them').check();
  await hand.press('Continue');
  return codes;
}
