/**
 * Takes pictures of every page of the portal, phone and desk, light and dark, from a real service with two weeks behind
 * it: `node scripts/make-screenshots.mjs [folder] [words of a name]`. Prints the folder; ends with 1 where a page was not
 * what it should be, and says why.
 */
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { minute } from '../src/clock.ts';
import { codeAt } from '../test/server.ts';
import { openCamera, picture, secretShown } from './camera.mjs';
import { makeScene, person } from './scene.mjs';
import { say } from './words.mjs';

/** @typedef {import('./camera.mjs').Hand} Hand */
/** @typedef {[name: string, who: string, way: string | ((hand: Hand) => Promise<void>), status?: number]} Shot what it is called, who looks ('' is nobody), the path or the steps there, and how the last page is answered */

/** @param {string} name @param {string} [then] @returns {(hand: Hand) => Promise<void>} up to the code, and further */
const halfWay =
  (name, then) =>
  async ({ open, send, scene }) => {
    await open('/sign-in');
    await send({ username: name, password: person(scene.people, name).password });
    if (then) await open(then);
  };

/** @type {Shot[]} In the order in which a person meets them; what needs a stale session comes last. */
export const shots = [
  ['sign-in', '', '/sign-in'],
  ['sign-in-to-go-on', '', '/account/sessions'],
  ['sign-in-wrong', '', tryToSignIn('alice', 1), 422],
  ['sign-in-throttled', '', tryToSignIn('alicia', 6), 429],
  ['code', '', halfWay('bob')],
  [
    'code-wrong',
    '',
    async (hand) => {
      await halfWay('bob')(hand);
      await hand.send({ otp: '000 000' });
    },
    422,
  ],
  ['code-or-passkey', '', halfWay('petra')],
  ['passkey-after-the-password', '', halfWay('quentin')],
  ['recovery-code', '', halfWay('bob', '/sign-in/recovery-code')],
  ['sign-in-expired', '', '/sign-in/code'],
  ['account-without-factor', 'alice', '/account'],
  ['account-with-factor', 'bob', '/account'],
  ['account-few-codes', 'carol', '/account'],
  ['account-administrator', 'root', '/account'],
  [
    'menu-open',
    'root',
    async ({ open, page }) => {
      await open('/account');
      await page.setViewportSize({ width: 360, height: 740 });
      await page.locator('header summary').click();
    },
  ],
  ['account-with-everything', 'petra', '/account'],
  ['account-with-a-passkey-alone', 'rosa', '/account'],
  ['passkeys-none', 'alice', '/account/passkeys'],
  ['passkeys', 'petra', '/account/passkeys'],
  ['passkeys-to-be-renamed', 'petra', unfold('/account/passkeys', 'Rename')],
  [
    'passkeys-name-wrong',
    'petra',
    async (hand) => {
      await unfold('/account/passkeys', 'Rename')(hand);
      await hand.send({ name: '\u200b' }, 'Rename');
    },
    422,
  ],
  ['passkeys-to-be-removed', 'petra', unfold('/account/passkeys', 'Remove')],
  ['passkeys-last-second-factor', 'quentin', unfold('/account/passkeys', 'Remove')],
  ['passkeys-last-way-in', 'rosa', unfold('/account/passkeys', 'Remove')],
  ['passkeys-enrolling', 'grace', '/account/passkeys'],
  ['authenticator-set-up', 'alice', '/account/authenticator'],
  [
    'authenticator-wrong-code',
    'alice',
    async ({ open, send }) => {
      await open('/account/authenticator');
      await send({ otp: '000 000' });
    },
    422,
  ],
  ['authenticator-enrolling', 'grace', '/account/authenticator'],
  ['recovery-codes-shown', 'frank', setUp],
  ['authenticator-in-force', 'bob', '/account/authenticator'],
  ['authenticator-beside-passkeys', 'petra', unfold('/account/authenticator', 'Switch')],
  ['authenticator-replacing', 'frida', replace],
  ['recovery-codes', 'bob', '/account/recovery-codes'],
  ['recovery-codes-few', 'carol', '/account/recovery-codes'],
  ['recovery-codes-without-a-password', 'rosa', '/account/recovery-codes'],
  ['password', 'alice', '/account/password'],
  ['password-first', 'rosa', '/account/password'],
  [
    'password-weak',
    'alice',
    async ({ open, page, press, scene }) => {
      await open('/account/password');
      await page.locator('main [autocomplete=current-password]').fill(person(scene.people, 'alice').password);
      await page.locator('main [autocomplete=new-password]').fill('countersign countersign');
      await press('Change the password');
    },
    422,
  ],
  ['sessions', 'bob', '/account/sessions'],
  ['activity', 'bob', '/account/activity'],
  ['users', 'root', '/admin/users'],
  ['users-found', 'root', '/admin/users?q=fr'],
  ['user', 'root', ({ open, scene }) => open(`/admin/users/${person(scene.people, 'bob').id}`)],
  [
    'user-to-be-disabled',
    'root',
    async ({ open, page, scene }) => {
      await open(`/admin/users/${person(scene.people, 'bob').id}`);
      await page.locator('main summary', { hasText: 'Disable' }).click();
    },
  ],
  ['user-disabled', 'root', ({ open, scene }) => open(`/admin/users/${person(scene.people, 'noor').id}`)],
  [
    'user-created',
    'root',
    async ({ open, send }) => {
      await open('/admin/users');
      await send({ name: 'judith' }, /create/i);
    },
  ],
  ['administration-activity', 'root', '/admin/activity'],
  ['service-tokens', 'root', '/admin/service-tokens'],
  [
    'service-token-created',
    'root',
    async ({ open, send }) => {
      await open('/admin/service-tokens');
      await send({ name: 'Payroll' }, /create/i);
    },
  ],
  ['sign-out', 'alice', '/sign-out'],
  [
    'signed-out',
    'sam',
    async ({ open, press }) => {
      await open('/sign-out');
      await press('Sign out');
    },
  ],
  ['setup', 'founder', ({ open, scene }) => open(scene.links.setup)],
  ['setup-link-gone', 'founder', ({ open, scene }) => open(scene.links.setup.replace(/csl_.*/, 'csl_other')), 404],
  ['invitation', '', ({ open, scene }) => open(scene.links.invitation)],
  ['invitation-gone', '', '/invitation?token=csl_other', 404],
  ['not-found', '', '/nowhere', 404],
  ['forbidden', 'alice', '/admin/users', 403],
  ['reauthenticate', 'bob', goStale('/account/recovery-codes')],
  ['reauthenticate-by-passkey', 'quentin', '/reauthenticate?return_to=%2Faccount%2Fpasskeys'],
  ['reauthenticate-by-passkey-alone', 'rosa', '/reauthenticate'],
  ['reauthenticate-recovery-code', 'bob', '/reauthenticate?with=recovery-code'],
];

if (import.meta.main) await main(process.argv[2], process.argv[3] ?? '');

/** @param {string | undefined} given @param {string} words */
async function main(given, words) {
  const folder = given ? resolve(given) : mkdtempSync(join(tmpdir(), 'countersign-screenshots-'));
  mkdirSync(folder, { recursive: true });
  const scene = await makeScene();
  const camera = await openCamera(scene);
  /** @type {string[]} */
  const faults = [];
  for (const [index, shot] of shots.entries()) {
    if (!shot[0].includes(words)) continue;
    const name = `${String(index + 1).padStart(2, '0')}-${shot[0]}`;
    faults.push(...(await take(camera, shot, folder, name)).map((fault) => `${name}: ${fault}`));
  }
  await camera.close();
  await scene.close();
  process.stdout.write(`${folder}\n`);
  say(...faults);
  process.exitCode = faults.length > 0 ? 1 : 0;
}

/**
 * @param {Awaited<ReturnType<typeof openCamera>>} camera @param {Shot} shot @param {string} folder @param {string} name
 * @returns {Promise<string[]>} what was not as it should be
 */
async function take(camera, [, who, way, expected = 200], folder, name) {
  try {
    const hand = await camera.open(who);
    let status = 0;
    hand.page.on('response', (response) => {
      if (response.request().isNavigationRequest()) status = response.status();
    });
    await (typeof way === 'string' ? hand.open(way) : way(hand));
    await picture(hand.page, folder, name);
    await hand.page.context().close();
    // Chromium writes down every answer of 4xx.
    const troubles = hand.troubles.filter((trouble) => !/Failed to load resource|^not found/.test(trouble));
    return [...(status === expected ? [] : [`answered ${status}, not ${expected}`]), ...troubles];
  } catch (error) {
    return [String(error).split('\n')[0] ?? ''];
  }
}

/** @param {string} username @param {number} times @returns {(hand: Hand) => Promise<void>} */
function tryToSignIn(username, times) {
  return async ({ open, send }) => {
    await open('/sign-in');
    for (let tries = 0; tries < times; tries += 1) await send({ username, password: 'not the password' });
  };
}

/** Opens a page and what is folded away first under a word. @param {string} path @param {string} word @returns {(hand: Hand) => Promise<void>} */
function unfold(path, word) {
  return async ({ open, page }) => {
    await open(path);
    await page.locator('main summary', { hasText: word }).first().click();
  };
}

/** @param {Hand} hand */
async function setUp({ open, page, send, scene: { world } }) {
  await open('/account/authenticator');
  await send({ otp: codeAt(await secretShown(page), world.now()) });
}

/** @param {Hand} hand */
async function replace({ open, press }) {
  await open('/account/authenticator');
  await press(/replace|move|another|new phone|change/i);
}

/** @param {string} path @returns {(hand: Hand) => Promise<void>} */
function goStale(path) {
  return async ({ open, scene: { world } }) => {
    world.turn(11 * minute);
    await open(`/reauthenticate?return_to=${encodeURIComponent(path)}`);
  };
}
