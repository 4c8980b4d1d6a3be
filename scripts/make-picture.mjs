/** Makes docs/picture.png, the README's picture: the real page of a real service, in a real browser. */
import { join } from 'node:path';
import { openCamera } from './camera.mjs';
import { makeScene } from './scene.mjs';
import { root } from './words.mjs';

const scene = await makeScene();
const camera = await openCamera(scene);
try {
  const { page, open } = await camera.open('alice', { viewport: { width: 720, height: 900 } });
  await open('/account/authenticator');
  await page.getByRole('img', { name: 'QR code for setting up an authenticator app' }).waitFor();
  await page.locator('main [name=otp]').fill('123 456');
  await page.screenshot({ path: join(root, 'docs', 'picture.png'), fullPage: true });
} finally {
  await camera.close();
  await scene.close();
}
