import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import axios from 'axios';
import type { Browser, Page } from 'playwright-core';
import { decodeQR } from 'qr/decode.js';
import { decodeBase32 } from '../../src/base32.ts';
import { second } from '../../src/clock.ts';
import { listen } from '../listening.ts';
import { codeAt, freshCode, makePerson, makeWorld, type World, wrongCode } from '../server.ts';
import { launch, openPage } from './chromium.ts';
import { decodePng } from './png.ts';

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

for (const colorScheme of ['light', 'dark'] as const) {
  test(`a person does the whole walk on the page, with a phone that sees the screen (${colorScheme})`, async () => {
    const person = await makePerson(world, `person-${colorScheme}`);
    const { page, troubles } = await openPage(browser, origin, { colorScheme, viewport: { width: 800, height: 900 } });
    await page.goto('/');
    await fill(page, person);
    await page.getByRole('button', { name: 'Set up an authenticator app' }).click();
    await page.getByAltText('QR code for setting up an authenticator app').waitFor();
    const { secret, label } = scan(await page.screenshot({ fullPage: true }));
    assert.equal(label, `Countersign:${person.name}`);
    await page.getByRole('textbox', { name: '6-digit code' }).fill(codeAt(secret, world.now()));
    await page.getByRole('button', { name: 'Confirm the code' }).click();
    await page.getByRole('heading', { name: 'Save your recovery codes' }).waitFor();
    const codes = await page.locator('#code-list li').allInnerTexts();
    assert.equal(new Set(codes).size, 10);
    for (const code of codes) assert.match(code, /^([A-Z2-7]{4}-){5}[A-Z2-7]{4}$/);
    await page.getByRole('button', { name: 'I have saved them' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    assert.deepEqual(troubles, [], 'so far nothing was refused, so nothing may be complained about');

    await fill(page, person);
    await page.getByRole('textbox', { name: '6-digit code' }).fill(freshCode(world, secret));
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('heading', { name: 'Your account' }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    // Chromium writes down every 401: the one that asks for the code. It is no dialog, and no breach of the policy.
    assert.deepEqual(troubles, [
      'console: Failed to load resource: the server responded with a status of 401 (Unauthorized)',
    ]);
    await page.context().close();
  });
}

test("a client library's Basic helper does the walk, without a surprise", async () => {
  const { name, password } = await makePerson(world, 'user');
  const client = axios.create({ baseURL: origin, validateStatus: () => true });
  const auth = { username: name, password };
  const signIn = (query = '', body?: object) => client.post(`/auth/credentials${query}`, body, { auth });

  const first = await signIn();
  assert.deepEqual([first.status, Object.keys(first.data)], [200, ['token', 'status', 'expires_at']]);
  const bearer = { headers: { Authorization: `Bearer ${first.data.token}` } };
  const on = await client.put('/auth/otp/enable', { enabled: true }, bearer);
  assert.deepEqual([on.status, on.data.recovery_codes.length], [200, 10]);
  const qr = await client.get('/auth/otp/generate', { ...bearer, responseType: 'arraybuffer' });
  assert.equal(qr.headers['content-type'], 'image/png');
  const { secret } = scan(Buffer.from(qr.data));

  const refusals: [string, object | undefined, number][] = [
    ['', undefined, 1],
    ['?otp=', undefined, 1],
    [`?otp=${wrongCode(world, secret)}`, undefined, 2],
    ['', { otp: wrongCode(world, secret) }, 2],
  ];
  for (const [query, body, status] of refusals) {
    const refused = await signIn(query, body);
    assert.deepEqual([refused.status, refused.data], [401, { token: null, status }]);
    assert.equal(refused.headers['www-authenticate'], 'OTP realm="Countersign"');
  }
  const otp = codeAt(secret, world.now());
  const both = await signIn(`?otp=${otp}`);
  assert.deepEqual([both.status, both.data.status], [200, 0]);
  assert.deepEqual((await signIn(`?otp=${otp}`)).data, { token: null, status: 2 });
  const whoami = await client.get('/whoami', { headers: { Authorization: `Bearer ${both.data.token}` } });
  assert.equal(whoami.data, 'user');
  assert.equal(whoami.headers['set-cookie'], undefined);
});

async function fill(page: Page, { name, password }: { name: string; password: string }): Promise<void> {
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** What an authenticator app makes of a picture. */
function scan(picture: Buffer): { secret: Buffer; label: string } {
  const uri = new URL(decodeQR(decodePng(picture), { timeLimit: 20 * second }));
  assert.equal(uri.protocol, 'otpauth:');
  return {
    secret: Buffer.from(decodeBase32(uri.searchParams.get('secret') ?? '') ?? []),
    label: decodeURIComponent(uri.pathname.replace(/^\/+(totp\/)?/, '')),
  };
}
