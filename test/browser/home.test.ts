import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { decodeBase32 } from '../../src/base32.ts';
import { listen } from '../listening.ts';
import { codeAt, freshCode, makePerson, makePersonWithCode, makeWorld, type World, wrongCode } from '../server.ts';
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

test('the whole walk on the page: sign in, set up the app, save the codes, sign out, sign in with a code', async () => {
  const { name, password } = await makePerson(world);
  const { page, troubles } = await openPage(browser, origin, { viewport: { width: 320, height: 640 } });
  await page.goto('/static/index.html');

  await signIn(page, name, password);
  await heading(page, 'Your account');
  await page.getByRole('button', { name: 'Set up an authenticator app' }).click();
  await heading(page, 'Set up your authenticator app');
  await page.getByAltText('QR code for setting up an authenticator app').waitFor();
  const secret = await secretShown(page);
  assert.match(
    (await page.locator('#otpauth').getAttribute('href')) ?? '',
    /^otpauth:\/\/totp\/Countersign:alice\?secret=/,
  );
  await enterCode(page, wrongCode(world, secret), 'Confirm the code');
  await says(page, 'alert', /code is wrong/);
  const spent = codeAt(secret, world.now());
  await enterCode(page, spent, 'Confirm the code');

  await heading(page, 'Save your recovery codes');
  const codes = await page.locator('#code-list li').allInnerTexts();
  assert.equal(codes.length, 10);
  await page.getByRole('button', { name: 'I have saved them' }).click();
  await heading(page, 'Your account');
  assert.deepEqual(
    await page
      .locator('dd')
      .allInnerTexts()
      .then((all) => all.slice(0, 2)),
    ['Authenticator app', '10'],
  );
  await page.getByRole('button', { name: 'Sign out' }).click();
  await says(page, 'status', /signed out/);

  await signIn(page, name, password);
  await heading(page, 'Enter your code');
  await enterCode(page, spent, 'Continue');
  await says(page, 'alert', /used already/);
  await enterCode(page, freshCode(world, secret), 'Continue');
  await heading(page, 'Your account');
  await page.getByRole('button', { name: 'Sign out' }).click();

  await signIn(page, name, password);
  await page.getByRole('button', { name: 'Use a recovery code' }).click();
  await page.getByLabel('Recovery code').fill(codes[0] ?? '');
  await page.getByRole('button', { name: 'Continue' }).click();
  await heading(page, 'Your account');
  assert.equal(await page.locator('#left').innerText(), '9');

  assert.deepEqual(
    troubles.filter((trouble) => !/status of (401|422)/.test(trouble)),
    [],
  );
  assert.deepEqual(await page.context().cookies(), []);
  assert.deepEqual(await page.evaluate(() => [localStorage.length, sessionStorage.length]), [0, 0]);
});

test('after a wrong password the name stays, the password is typed again, and nobody asks for it but the page', async () => {
  const { name, password } = await makePerson(world, 'dave');
  const { page, troubles } = await openPage(browser, origin);
  await page.goto('/');
  await signIn(page, name, 'not the password');
  await says(page, 'alert', /Name or password is wrong/);
  assert.match(await page.title(), /^Error: Sign in/);
  assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), name);
  assert.equal(await page.getByLabel('Password', { exact: true }).inputValue(), '');
  await page.locator('#password:focus').fill(password);
  await page.keyboard.press('Enter');
  await heading(page, 'Your account');
  assert.doesNotMatch(await page.title(), /Error/);
  assert.deepEqual(
    troubles.filter((trouble) => !/status of 401/.test(trouble)),
    [],
  );
});

test('an administrator without a second factor is taken through setting it up, and then has a full session', async () => {
  const grace = await makePerson(world, 'grace', true);
  const { page } = await openPage(browser, origin);
  await page.goto('/');
  await signIn(page, grace.name, grace.password);
  await heading(page, 'Set up your authenticator app');
  await says(page, 'status', /needs a second factor/);
  assert.equal(await page.getByRole('button', { name: 'Not now' }).isVisible(), false);
  const secret = await secretShown(page);
  await enterCode(page, codeAt(secret, world.now()), 'Confirm the code');
  await page.getByRole('button', { name: 'I have saved them' }).click();
  await heading(page, 'Your account');
});

test('the account panel renews codes, moves to another phone, changes the password, switches the factor off', async () => {
  const bob = await makePersonWithCode(world);
  const { page, troubles } = await openPage(browser, origin);
  await page.goto('/');
  await signIn(page, bob.name, bob.password);
  await enterCode(page, freshCode(world, bob.secret ?? Buffer.of()), 'Continue');

  await page.getByRole('button', { name: 'New recovery codes' }).click();
  await heading(page, 'Save your recovery codes');
  await page.getByRole('button', { name: 'I have saved them' }).click();

  await page.getByRole('button', { name: 'Move to another phone' }).click();
  await heading(page, 'Set up your authenticator app');
  const secret = await secretShown(page);
  assert.notDeepEqual(secret, bob.secret);
  await enterCode(page, codeAt(secret, world.now()), 'Confirm the code');
  await page.getByRole('button', { name: 'I have saved them' }).click();

  await page.getByRole('button', { name: 'Change the password' }).click();
  await page.getByLabel('Current password').fill(bob.password);
  await page.getByLabel('New password').fill('countersign 2026!');
  await page.getByRole('button', { name: 'Change the password' }).click();
  await says(page, 'alert', /Add more than your name/);
  assert.equal(await page.getByLabel('New password').getAttribute('aria-invalid'), 'true');
  await page.getByLabel('New password').fill('another horse, another staple');
  await page.getByRole('button', { name: 'Change the password' }).click();
  await says(page, 'status', /password is changed/);

  page.once('dialog', (dialog) => void dialog.accept());
  await page.getByRole('button', { name: 'Switch the second factor off' }).click();
  await says(page, 'status', /second factor is off/);
  assert.equal(await page.locator('#factor').innerText(), 'None yet');
  assert.deepEqual(
    troubles.filter((trouble) => !/status of 4|^dialog: /.test(trouble)),
    [],
  );
});

test('a session that ended elsewhere leads back to the sign-in form, and says so', async () => {
  const carol = await makePerson(world, 'carol');
  const { page } = await openPage(browser, origin);
  await page.goto('/');
  await signIn(page, carol.name, carol.password);
  await heading(page, 'Your account');
  await world.server.sessions.endAll(carol.id);
  await page.getByRole('button', { name: 'Set up an authenticator app' }).click();
  await heading(page, 'Sign in');
  await says(page, 'status', /session has ended/);
});

test('without JavaScript the page shows the same walk with curl', async () => {
  const { page, troubles } = await openPage(browser, origin, { javaScriptEnabled: false });
  await page.goto('/');
  const text = await page.locator('main').innerText();
  assert.match(
    text,
    new RegExp(`curl -X POST -u NAME:PASSWORD \\\\\\s+"http://localhost:${new URL(origin).port}/auth/credentials"`),
  );
  assert.equal(await page.locator('form:visible').count(), 0);
  assert.deepEqual(troubles, []);
});

test('an invited person chooses a password on a page without a script, and is told when it will not do', async () => {
  const { link } = await world.server.users.create({ name: 'ivy' });
  const { page, troubles } = await openPage(browser, origin, { javaScriptEnabled: false });
  const { pathname, search } = new URL(link ?? '');
  await page.goto(pathname + search);
  await page.getByLabel('New password').fill('countersign 2026!');
  await page.getByRole('button', { name: 'Set the password' }).click();
  await says(page, 'alert', /Add more than your name/);
  assert.match(await page.title(), /^Error: /);
  await page.getByLabel('New password').fill('correct horse battery staple');
  await page.getByRole('button', { name: 'Set the password' }).click();
  await page.getByRole('heading', { name: 'Your password is set' }).waitFor();
  assert.deepEqual(
    troubles.filter((trouble) => !/status of 422/.test(trouble)),
    [],
  );
});

async function signIn(page: Page, name: string, password: string): Promise<void> {
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** The key on the page, as bytes. */
async function secretShown(page: Page): Promise<Buffer> {
  return Buffer.from(decodeBase32((await page.locator('#secret').innerText()).replaceAll(' ', '')) ?? []);
}

async function enterCode(page: Page, code: string, button: string): Promise<void> {
  await page.getByRole('textbox', { name: '6-digit code' }).fill(code);
  await page.getByRole('button', { name: button }).click();
}

/** Waits for a panel, which has the page's one heading, and fits the window without scrolling sideways. */
async function heading(page: Page, name: string): Promise<void> {
  await page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
  const [wide, window] = await page.evaluate<number[]>('[document.documentElement.scrollWidth, innerWidth]');
  assert.equal(wide, window, `"${name}" is wider than the window`);
}

async function says(page: Page, role: 'alert' | 'status', words: RegExp): Promise<void> {
  await page.getByRole(role).filter({ hasText: words }).waitFor();
}
