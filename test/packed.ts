import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The package as `npm pack` makes it, built beside the checkout, which stays as it is. */
export interface Packed {
  folder: string;
  tarball: string;
  /** Paths in it, with their modes. */
  files: { path: string; mode: number }[];
}

export async function pack(): Promise<Packed> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-pack-'));
  const parts = ['src', 'scripts', 'package.json', 'tsconfig.json', 'tsconfig.build.json', 'README.md', 'LICENSE'];
  for (const part of [...parts, 'CHANGELOG.md', 'SECURITY.md'])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  await run(folder, process.execPath, ['scripts/build.mjs']);
  const { stdout } = await run(folder, 'npm', ['pack', '--ignore-scripts', '--json', '--loglevel=error']);
  const [{ filename, files }] = JSON.parse(stdout) as [{ filename: string; files: Packed['files'] }];
  return { folder, tarball: join(folder, filename), files };
}

/** A package that the lock file says is needed to run, as npm would install it here. */
export interface Needed {
  path: string;
  hasInstallScript?: boolean;
}

export function productionPackages(): Needed[] {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; devOptional?: boolean; hasInstallScript?: boolean }>;
  };
  return Object.entries(packages)
    .filter(([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional && existsSync(join(root, path)))
    .map(([path, { hasInstallScript }]) => ({ path, ...(hasInstallScript ? { hasInstallScript } : {}) }));
}

/** In which versions each package stands in the lock file. */
export function lockedVersions(): Map<string, string[]> {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version?: string }>;
  };
  const versions = new Map<string, string[]>();
  for (const [path, { version = '' }] of Object.entries(packages)) {
    const name = path.replace(/^.*node_modules\//, '');
    versions.set(name, [...(versions.get(name) ?? []), version]);
  }
  return versions;
}

/** What `npm install` of the package leaves in an empty folder, without asking a registry. */
export async function installOffline({ tarball }: Packed): Promise<string> {
  // Not below the packed folder: what is missing here would be found there.
  const place = mkdtempSync(join(tmpdir(), 'countersign-installed-'));
  mkdirSync(join(place, 'node_modules'));
  await run(place, 'tar', ['-xzf', tarball]);
  cpSync(join(place, 'package'), join(place, 'node_modules', 'countersign'), { recursive: true });
  for (const { path } of productionPackages()) {
    mkdirSync(dirname(join(place, path)), { recursive: true });
    cpSync(join(root, path), join(place, path), { recursive: true });
  }
  const bin = join(place, 'node_modules', '.bin');
  mkdirSync(bin);
  symlinkSync('../countersign/dist/cli/main.js', join(bin, 'countersign'));
  writeFileSync(join(place, 'package.json'), '{"type":"module"}');
  return place;
}

/** Runs a program to its end; throws what it said where that was not 0. */
export async function run(
  cwd: string,
  command: string,
  args: string[],
  { input = '', env = {} }: { input?: string; env?: Record<string, string> } = {},
): Promise<{ stdout: string; stderr: string }> {
  // Whatever begins with `env node` takes the Node that runs the tests. What runs in a new folder each time is not worth keeping.
  const path = [dirname(process.execPath), process.env['PATH']].join(delimiter);
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, NODE_COMPILE_CACHE: undefined, PATH: path, ...env },
  });
  child.stdin.on('error', () => {}).end(input);
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve, reject) => child.on('error', reject).on('close', resolve)),
  ]);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${stderr}${stdout}`);
  return { stdout, stderr };
}

/** Links what only a developer of a program around it has: a compiler and the types of Node. */
export function linkTools(place: string): void {
  for (const name of ['typescript', '@types/node', 'undici-types']) {
    const target = join(place, 'node_modules', name);
    mkdirSync(dirname(target), { recursive: true });
    if (!existsSync(target)) symlinkSync(join(root, 'node_modules', name), target);
  }
}

/** The compiler of this checkout. */
export const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
