import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { listen } from '../listening.ts';
import { makePerson, makeWorld, type Person, type World } from '../server.ts';
import { launch, openPage } from './chromium.ts';

let world: World;
let origin: string;
let browser: Browser;
let alice: Person;

before(async () => {
  world = await makeWorld();
  origin = (await listen(world)).url;
  alice = await makePerson(world);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await world?.close();
});

test('Swagger UI shows every operation, and its page complains about nothing', async () => {
  const { page, troubles } = await openPage(browser, origin);
  await page.goto('/docs');
  await page.getByText('/auth/credentials').first().waitFor();
  assert.equal(await page.locator('.opblock').count(), await operations());
  assert.deepEqual(troubles, []);
});

test('Swagger UI signs in, and a wrong password opens no dialog of the browser', async () => {
  const { page, troubles } = await openPage(browser, origin);
  await page.goto('/docs');
  for (const [password, status] of [
    ['wrong', '401'],
    [alice.password, '200'],
  ] as const) {
    await page.getByRole('button', { name: 'Authorize' }).first().click();
    const basic = page.locator('.auth-container').filter({ hasText: 'basic' });
    if (password !== 'wrong') await basic.getByRole('button', { name: 'Remove authorization' }).click();
    await basic.locator('#auth-basic-username').fill(alice.name);
    await basic.locator('#auth-basic-password').fill(password);
    await basic.getByRole('button', { name: 'Apply credentials' }).click();
    await basic.getByRole('button', { name: 'Close' }).click();
    const signIn = page.locator('#operations-Sign-in-signIn');
    if (password === 'wrong') await signIn.locator('.opblock-summary').click();
    await signIn.locator('textarea').fill('');
    const answer = page.waitForResponse('**/auth/credentials');
    await signIn.getByRole('button', { name: 'Execute' }).click();
    assert.equal(String((await answer).status()), status);
    await signIn.locator('.live-responses-table .response-col_status', { hasText: status }).waitFor();
  }
  assert.deepEqual(troubles, [
    'console: Failed to load resource: the server responded with a status of 401 (Unauthorized)',
  ]);
});

test('ReDoc shows every operation, and its page complains about nothing', async () => {
  const { page, troubles } = await openPage(browser, origin);
  await page.goto('/redoc');
  await page.getByRole('heading', { name: 'Countersign' }).first().waitFor();
  assert.equal(await page.locator('[data-section-id*="/operation/"]').count(), await operations());
  assert.deepEqual(troubles, []);
});

async function operations(): Promise<number> {
  const { text } = await world.call('GET', '/openapi.json');
  const { paths } = JSON.parse(text) as { paths: Record<string, object> };
  return Object.values(paths).flatMap((methods) => Object.keys(methods)).length;
}
