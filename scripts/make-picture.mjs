/** Makes docs/picture.png, the README's picture: the real page of a real service, in a real browser. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from '../src/server.ts';
import { launch } from '../test/browser/chromium.ts';
import { root } from './words.mjs';

const folder = await mkdtemp(join(tmpdir(), 'countersign-picture-'));
const server = await createServer({ data: join(folder, 'data'), keyFile: join(folder, 'keys'), logLevel: 'silent' });
const browser = await launch();
try {
  const password = 'four unrelated plain words';
  await server.users.create({ name: 'alice', password });
  const url = await server.listen({ port: 0 });
  const page = await browser.newPage({ viewport: { width: 720, height: 900 }, deviceScaleFactor: 2 });
  await page.goto(url);
  await page.locator('#username').fill('alice');
  await page.locator('#password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Set up an authenticator app' }).click();
  await page.getByRole('img', { name: 'QR code for setting up an authenticator app' }).waitFor();
  await page.locator('#confirmation').fill('123 456');
  await page.screenshot({ path: join(root, 'docs', 'picture.png'), fullPage: true });
} finally {
  await browser.close();
  await server.close();
  await rm(folder, { recursive: true });
}
