import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { installOffline, pack, productionPackages } from '../test/packed.ts';
import { askOnce, cookiesOf, request } from './client.ts';
import { startServer } from './processes.ts';
import { type Findings, ours, type Row, type Run } from './run.ts';

/** What a browser loads for the sign-in page, and whether it is of use without the script. */
export async function page(run: Run): Promise<Findings> {
  const set = await run.dataSet(run.few);
  const server = await startServer({ command: ours(set, '--port', '0') });
  try {
    const asBrowser = { accept: '*/*', 'accept-encoding': 'gzip, deflate, br, zstd' };
    const get = (path: string, headers: Record<string, string>) => askOnce(server.port, request('GET', path, headers));
    const html = (await get('/sign-in', { accept: 'text/html' })).body();
    const found = [...html.matchAll(/<(?:link|script|img)\b[^>]*? (?:href|src)="(?!data:)([^"]+)"/g)];
    const paths = ['/sign-in', ...found.map(([, path = '']) => path)];
    const answers = await Promise.all(paths.map((path) => get(path, asBrowser)));
    const refused = answers.findIndex(({ status }) => status !== 200);
    if (refused >= 0) throw new Error(`${paths[refused]} is not there.`);
    const bytes = answers.reduce((sum, answer) => sum + answer.bytes, 0);
    const withoutScript = await submits(server.port, html, set.names(0), set.password);
    return {
      rows: [
        counted('page-bytes', 'sign-in page and all that it loads, with headers', 'kB', 15, bytes / 1000),
        counted('page-requests', 'requests of the sign-in page', '', 3, paths.length),
        counted('page-script', 'scripts without which the sign-in page does not sign in', '', 0, withoutScript ? 0 : 1),
      ],
      figures: [],
    };
  } finally {
    await server.stop();
  }
}

/** Sends the form as a browser without scripts does, and sees whether that signs in. */
async function submits(port: number, html: string, name: string, password: string): Promise<boolean> {
  const action = /<form method="post" action="([^"]+)"/.exec(html)?.[1] ?? '';
  const fields = new URLSearchParams({ username: name, password });
  for (const [, field = '', held = ''] of html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g))
    fields.append(field, held);
  const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: `http://127.0.0.1:${port}` };
  const answer = await askOnce(port, request('POST', action, headers, fields.toString()));
  const next = /^location: ([^\r]+)/im.exec(answer.head)?.[1] ?? '';
  const cookie = cookiesOf(answer);
  return answer.status === 303 && (await askOnce(port, request('GET', next, { cookie }))).status === 200;
}

/** What an installation of the package brings, as the lock file and the package's own bill of materials have it. */
export async function packages(): Promise<Findings> {
  const packed = await pack();
  const place = await installOffline(packed);
  try {
    const needed = productionPackages();
    const bytes = readdirSync(join(place, 'node_modules'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
    const bill = readFileSync(join(place, 'node_modules', 'countersign', 'dist', 'sbom.cdx.json'), 'utf8');
    const bundled: number = JSON.parse(bill).components.length;
    const scripts = needed.filter(({ hasInstallScript }) => hasInstallScript).length;
    return {
      rows: [
        counted('packages', 'production packages, those inside the bundle counted', '', 115, needed.length + bundled),
        counted('packages-size', 'the installed package with all that it needs', 'MB', 50, bytes / 1e6),
        counted('packages-scripts', 'install scripts among them', '', 0, scripts),
      ],
      figures: [],
    };
  } finally {
    for (const folder of [packed.folder, place]) rmSync(folder, { recursive: true, force: true });
  }
}

/** A row of something that is counted and comes out the same each time. */
function counted(id: string, what: string, unit: Row['unit'], atMost: number, value: number): Row {
  return { id, what, unit, limit: { atMost }, values: [value] };
}
