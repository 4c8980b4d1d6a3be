/** A browser that goes where a person goes, and takes pictures. */
import { join } from 'node:path';
import { decodeBase32 } from '../src/base32.ts';
import { second } from '../src/clock.ts';
import { launch, openPage } from '../test/browser/chromium.ts';
import { signInWithPasskey } from '../test/passkeys.ts';
import { freshCode } from '../test/server.ts';
import { person } from './scene.mjs';

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('./scene.mjs').Scene} Scene */
/**
 * What the steps of a picture may use.
 * @typedef {object} Hand
 * @property {Page} page
 * @property {Scene} scene
 * @property {(path: string) => Promise<void>} open
 * @property {(values: Record<string, string>, button?: string | RegExp) => Promise<void>} send fills in the form that has these fields and presses its first button, or the one of this name
 * @property {(button: string | RegExp) => Promise<void>} press a button of the page's content
 */

const sizes = { phone: { width: 360, height: 740 }, desk: { width: 1280, height: 800 } };
const patience = 5_000;

/**
 * Opens a camera on a scene; `close` it afterwards.
 * @param {Scene} scene
 */
export async function openCamera(scene) {
  const browser = await launch();
  /** @type {Map<string, Awaited<ReturnType<import('playwright-core').BrowserContext['storageState']>>>} */
  const signedIn = new Map();
  return {
    /**
     * A page of somebody's own browser; signs him in when he comes for the first time. It has the scene's clock.
     * @param {string} who `''` is nobody, and `founder` nobody at the service that is not set up yet
     * @param {import('playwright-core').BrowserContextOptions} [options]
     */
    async open(who, options = {}) {
      if (who === '' || who === 'founder')
        return handOf(browser, scene, who === '' ? scene.origin : scene.emptyOrigin, options);
      const storageState = signedIn.get(who) ?? (await signIn(browser, scene, who));
      signedIn.set(who, storageState);
      return handOf(browser, scene, scene.origin, { storageState, ...options });
    },
    close: () => browser.close(),
  };
}

/**
 * Takes the page as it stands, on a phone (at two pixels for one) and on a desk, light and dark.
 * @param {Page} page @param {string} folder @param {string} name
 */
export async function picture(page, folder, name) {
  for (const [device, size] of Object.entries(sizes)) {
    await fitWindow(page, size, device === 'phone');
    for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
      await page.emulateMedia({ colorScheme });
      const path = join(folder, `${name}-${device}-${colorScheme}.png`);
      await page.screenshot({ path, scale: device === 'phone' ? 'device' : 'css' });
    }
  }
}

/**
 * Makes the window so high that the whole page is in it: in a picture of what is outside of it, Chromium forgets that
 * there is a touch screen.
 * @param {Page} page @param {{ width: number, height: number }} size @param {boolean} touch
 */
async function fitWindow(page, size, touch) {
  const session = await page.context().newCDPSession(page);
  const apply = () => session.send('Emulation.setTouchEmulationEnabled', { enabled: touch });
  await page.setViewportSize(size);
  await apply();
  const { cssContentSize } = await session.send('Page.getLayoutMetrics');
  await page.setViewportSize({ width: size.width, height: Math.ceil(cssContentSize.height) });
  await apply();
  // Drawn anew; while it is not, there may be nothing to take.
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
}

/** The secret on the page where an authenticator is set up. @param {Page} page */
export async function secretShown(page) {
  const link = await page.locator('main a[href^="otpauth:"]').first().getAttribute('href');
  return Buffer.from(decodeBase32(new URL(link ?? '').searchParams.get('secret') ?? '') ?? []);
}

/**
 * @param {import('playwright-core').Browser} browser @param {Scene} scene @param {string} origin
 * @param {import('playwright-core').BrowserContextOptions} [options]
 * @returns {Promise<Hand & { troubles: string[] }>}
 */
async function handOf(browser, scene, origin, options) {
  const { page, troubles } = await openPage(browser, origin, {
    viewport: sizes.desk,
    deviceScaleFactor: 2,
    // Colours that go over into those of the other scheme would be caught half-way.
    reducedMotion: 'reduce',
    ...options,
  });
  page.setDefaultTimeout(patience);
  await page.clock.setFixedTime(scene.world.now());
  /** @param {import('playwright-core').Locator} button */
  const click = async (button) => {
    await Promise.all([page.waitForEvent('load'), button.click()]);
  };
  return {
    page,
    scene,
    troubles,
    open: async (path) => {
      await page.goto(path);
    },
    send: async (values, button) => {
      const fields = Object.keys(values).map((name) => page.locator(`[name="${name}"]:visible`));
      const form = fields.reduce((forms, has) => forms.filter({ has }), page.locator('main form')).first();
      for (const [name, value] of Object.entries(values)) await form.locator(`[name="${name}"]`).first().fill(value);
      await click(
        button
          ? form.getByRole('button', { name: button })
          : form.locator('button[type=submit], button:not([type])').first(),
      );
    },
    press: (button) => click(page.locator('main').getByRole('button', { name: button }).first()),
  };
}

/** @param {import('playwright-core').Browser} browser @param {Scene} scene @param {string} who */
async function signIn(browser, scene, who) {
  const { name, password, secret, device } = person(scene.people, who);
  if (device) return signInByDevice(scene, device);
  const hand = await handOf(browser, scene, scene.origin);
  await hand.open('/sign-in');
  await hand.send({ username: name, password });
  if (secret) await hand.send({ otp: freshCode(scene.world, secret) });
  const state = await hand.page.context().storageState();
  if (state.cookies.length === 0) throw new Error(`${who} could not sign in: ${await hand.page.title()}`);
  await hand.page.context().close();
  return state;
}

/**
 * By a device in software, which the browser does not have; so it is given what came of it.
 * @param {Scene} scene @param {import('../test/authenticator.ts').SoftwareAuthenticator} device
 */
async function signInByDevice({ world, origin }, device) {
  const { text } = await signInWithPasskey(world, device);
  const { token, expires_at: end } = JSON.parse(text);
  const { hostname: domain } = new URL(origin);
  const about = { domain, path: '/', expires: Date.parse(end) / second, httpOnly: true, secure: false };
  return {
    cookies: [{ name: 'countersign', value: token, ...about, sameSite: /** @type {const} */ ('Lax') }],
    origins: [],
  };
}
