/** The house rules, executed: each failure says where, what, and what to do instead. The rules themselves stand in tidy/rules.ts. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  type Ban,
  banFaults,
  type House,
  importFaults,
  linkFaults,
  sizeFaults,
  sqlFaults,
  unreached,
  wrapperFaults,
} from './tidy/rules.ts';
import { type Source, source } from './tidy/source.ts';

/** Who may import whom: what stands on a lower floor, and nothing on its own. A rule that hurts is changed here, in the same commit, with the reason. */
const house: House = {
  floors: [
    ['index', 'cli'],
    ['server'],
    ['service'],
    ['account', 'setup', 'admin', 'upkeep', 'forward-auth', 'oidc', 'documentation'],
    ['sign-in'], // the only place where factors meet
    ['passwords', 'totp', 'passkeys', 'recovery-codes'],
    ['users', 'sessions', 'service-tokens'],
    ['audit', 'throttle', 'label'],
    ['database', 'mail', 'pages', 'http'],
    [
      'clock',
      'durations',
      'options',
      'option',
      'option-kinds',
      'seal',
      'base32',
      'tokens',
      'files',
      'shipped',
      'server-type',
    ], // single files without a feature
  ],
  sideways: {
    http: ['pages'],
    options: ['clock', 'durations', 'option-kinds'],
    'option-kinds': ['durations', 'option'],
    durations: ['clock'],
    files: ['clock', 'tokens'],
  },
};

const entries = ['src/index.ts', 'src/server.ts', 'src/cli/main.ts'];
const wrapped = [
  'node:sqlite',
  'pg',
  '@node-rs/argon2',
  'nodemailer',
  '@prometheus-io/client',
  'uqr',
  '@fastify/cookie',
  '@simplewebauthn/server',
];
const limits = { file: 250, function: 60 };

const code = /\.(?:ts|mjs|js)$/;
const bans: Ban[] = [
  {
    what: /\bDate\.now\b|\bDate\(\)|\bTemporal\.Now\b/,
    within: /^src\/.*\.ts$/,
    except: /^src\/clock\.ts$/,
    instead: 'take `now` as an argument; the only clock is src/clock.ts',
  },
  {
    what: /\bprocess\.env\b/,
    within: /^src\//,
    except: /^src\/cli\//,
    instead: 'make it an option (src/options.ts); only src/cli/ reads the environment',
  },
  {
    what: /\bconsole\s*\./,
    within: code,
    instead: 'the request’s log, process.stdout in src/cli/, or a test’s diagnostic()',
  },
  { what: /\bMath\.random\b/, within: code, instead: 'node:crypto, or a written seed in a test' },
  {
    what: /biome-ignore|@ts-ignore|@ts-nocheck/,
    within: code,
    except: /^test\/tidy/,
    everywhere: true,
    instead: 'mend what is complained about',
  },
  {
    what: /\b(?:TO[D]O|FIX[M]E|XX[X]|HA[C]K)\b/,
    within: /./,
    everywhere: true,
    instead: 'do it now, or open an issue and say nothing here',
  },
  {
    what: /(?<![\w.:/~*-])\/(?:work|root|home|Users)\/[\w.-]+/,
    within: /./,
    except: /^test\/tidy\.test\.ts$/,
    everywhere: true,
    instead: 'no path of one machine belongs here; /var/lib/countersign is a good example of one',
  },
];

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const notOurs = /^(?:(?:bench\/)?node_modules|dist|data|keys|\.git|\.cache|src\/documentation\/vendor)$/;
const paths = within(root);
const texts = paths
  .filter(
    (path) => /\.(?:ts|mjs|js|md|json|css|html|yml|sh)$|^\.ci\/run$/.test(path) && !path.endsWith('package-lock.json'),
  )
  .map((path) => source(path, readFileSync(join(root, path), 'utf8')));
const scripts = texts.filter(({ path }) => code.test(path));
const pages = texts.filter(({ path }) => path.endsWith('.md'));

test('every file imports only from lower floors, and only main files', () => {
  none(importFaults(scripts.filter(isTypeScript), house));
});

test('every file of src/ is reached by a program', () => {
  for (const entry of entries) assert.ok(paths.includes(entry), `${entry} is missing`);
  none(unreached(scripts.filter(isTypeScript), entries));
});

test('SQL stands in store.ts and src/database/ only, and each table belongs to one folder', () => {
  none(sqlFaults(scripts.filter(isTypeScript)));
});

test('the clock, the environment and what is banned stand nowhere but at home', () => {
  none(banFaults(texts, bans));
});

test('a package that is wrapped is imported by its wrapper only', () => {
  none(wrapperFaults(scripts, wrapped));
});

test('files and functions are short', () => {
  none(sizeFaults(scripts, limits));
});

test('every link in Markdown to a file of the repository leads somewhere', () => {
  none(linkFaults(pages, (path) => existsSync(join(root, path))));
});

test('no lock file names a registry', () => {
  const places = ['package-lock.json', 'bench/package-lock.json'].flatMap((file) => {
    const lock = JSON.parse(readFileSync(join(root, file), 'utf8')) as {
      packages: Record<string, { resolved?: string }>;
    };
    return Object.entries(lock.packages).map(([path, { resolved }]) => ({ path: `${file}: ${path}`, resolved }));
  });
  none(
    places
      .filter(({ resolved }) => resolved !== undefined)
      .map(
        ({ path }) =>
          `${path} says where it came from: run npm install with this checkout's .npmrc (omit-lockfile-registry-resolved)`,
      ),
  );
});

function isTypeScript({ path }: Source): boolean {
  return path.endsWith('.ts');
}

function none(faults: string[]): void {
  assert.equal(faults.length, 0, `\n${faults.join('\n')}`);
}

/** Every file of the checkout that is ours, from its root, with slashes. */
function within(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = relative(root, join(folder, entry.name)).replaceAll('\\', '/');
    if (notOurs.test(path)) return [];
    return entry.isDirectory() ? within(join(folder, entry.name)) : [path];
  });
}
