import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The first code block under a heading of a page in Markdown. */
export async function codeUnder(page: string, heading: string): Promise<string> {
  const [, section = ''] = (await readFile(join(root, page), 'utf8')).split(`\n## ${heading}\n`);
  const [, code] = /```js\n([\s\S]*?)```/.exec(section.split('\n## ')[0] ?? '') ?? [];
  if (code === undefined) throw new Error(`${page} has no code under "${heading}"`);
  return code;
}

/** A program of our docs, run in a folder of its own. */
export interface Mounted {
  url: string;
  stop(): Promise<void>;
}

/**
 * Runs a program as it stands, but for three things: `countersign` is this checkout, the port is a free one, and somebody
 * is there at first: alice, with a password.
 */
export async function mount(code: string): Promise<Mounted> {
  const people = `await signIn.users.create({ name: 'alice', password: 'four unrelated plain words' });\n`;
  const server = code.includes('createHttpServer')
    ? 'server'
    : code.includes('app.listen')
      ? 'app.server'
      : 'signIn.server';
  const said = `\nif (!${server}.listening) await new Promise((done) => ${server}.once('listening', done));\nprocess.send(${server}.address().port);\n`;
  const { child, folder } = await run(`${code.replaceAll('8000', '0')}${people}${said}`);
  const [port] = await Promise.race([once(child, 'message'), once(child, 'exit').then(() => ['failed'])]);
  if (port === 'failed') throw new Error(`the program ended: ${await read(child.stderr)}`);
  return {
    url: `http://localhost:${port}`,
    async stop() {
      child.kill();
      await once(child, 'exit');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Runs a program that ends by itself and answers what it printed. */
export async function printed(code: string): Promise<string> {
  const { child, folder } = await run(code);
  const [output, errors] = await Promise.all([read(child.stdout), read(child.stderr)]);
  await rm(folder, { recursive: true, force: true });
  return output + errors;
}

async function run(code: string): Promise<{ child: ChildProcess; folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-mounted-'));
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  const ours = new URL('../src/index.ts', import.meta.url).href;
  await writeFile(join(folder, 'program.mjs'), code.replaceAll("'countersign'", `'${ours}'`));
  const child = fork(join(folder, 'program.mjs'), { cwd: folder, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  return { child, folder };
}

async function read(stream: Readable | null): Promise<string> {
  return stream ? text(stream) : '';
}
