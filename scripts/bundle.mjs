/** Bundles the program with the packages it rests on: what `scripts/build.mjs` puts into dist/ as JavaScript. */
import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from './words.mjs';

/** Native, so that it stays a dependency. */
const native = ['@node-rs/argon2'];

/**
 * What nothing here ever asks for: Fastify's compilers of JSON schemas, in whose place `src/http/http.ts` gives those of
 * zod, and what `pg` takes only where somebody wants it.
 */
const leftOut = ['@fastify/ajv-compiler', '@fastify/fast-json-stringify-compiler', 'pg-native', 'pg-cloudflare'];

/** CommonJS that is asked for late, by `require`: each is a file of its own, since only an `import()` begins a chunk. */
const late = ['light-my-request'];

/**
 * What is asked for whole and used for little, as the little that is used: `semver` by Fastify, HTTP/2 by Fastify for servers
 * that are not ours, Node's child processes by commander, for verbs that are programs of their own, and of elliptic curves
 * the form of a signature.
 * @type {Record<string, string>}
 */
const pared = {
  semver: `exports.satisfies = require('semver/functions/satisfies');
    exports.gt = require('semver/functions/gt');
    exports.coerce = require('semver/functions/coerce');`,
  '@peculiar/asn1-ecc': "export { ECDSASigValue } from '@peculiar/asn1-ecc/build/es2015/ec_signature_value.js';",
  'node:child_process': 'module.exports = {};',
  'node:http2': 'module.exports = {};',
};

/** @type {import('esbuild').BuildOptions} */
const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node24',
  external: [...native, ...leftOut],
  legalComments: 'none',
  // The source stays in memory. Names are kept and lines are short, so that a stack trace can be read.
  minifySyntax: true,
  minifyWhitespace: true,
  lineLimit: 160,
  logLevel: 'silent',
};

/**
 * What is asked for lazily is in a file of its own. All of them lie in dist/ itself, which is laid out as src/ is, so that
 * `src/shipped.ts` finds files from there.
 * @param {string} dist
 * @returns {Promise<import('esbuild').Metafile['outputs']>} what went into which file
 */
export async function bundle(dist) {
  const program = await build({
    ...common,
    metafile: true,
    entryPoints: { 'cli/program': 'src/cli/program.ts', index: 'src/index.ts' },
    outdir: dist,
    format: 'esm',
    splitting: true,
    chunkNames: '[name]-[hash]',
    plugins: [oneForAllVerbs, parts, withoutCertificates, builtinsAsTheyAre, inFilesOfTheirOwn, packagesAsNodeHasThem],
    banner: { js: "const require = process.getBuiltinModule('module').createRequire(import.meta.url);" },
  });
  const others = await build({
    ...common,
    metafile: true,
    entryPoints: Object.fromEntries(late.map((name) => [name, name])),
    outdir: dist,
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
  });
  const warnings = [...program.warnings, ...others.warnings].map(({ text }) => text);
  if (warnings.length > 0) throw new Error(warnings.join('\n'));
  const outputs = { ...program.metafile.outputs, ...others.metafile.outputs };
  for (const [file, { inputs }] of Object.entries(outputs)) {
    const besideOthers = join(root, file) === join(dist, file.split('/').at(-1) ?? '');
    if (inputs['src/shipped.ts'] && !besideOthers)
      throw new Error(`src/shipped.ts must lie in dist/ itself, not in ${file}`);
  }
  return outputs;
}

/**
 * Node's own modules are taken by `process.getBuiltinModule`. An `import` of one reads all that it exports, and with that
 * loads what hardly anybody wants: a WebSocket client comes with `node:http`.
 * @type {import('esbuild').Plugin}
 */
const builtinsAsTheyAre = {
  name: 'builtins-as-they-are',
  setup(build) {
    const builtins = new Set(builtinModules);
    build.onResolve({ filter: /^[a-z]/ }, ({ path, kind }) => {
      const name = path.replace(/^node:/, '');
      if (path === name && !builtins.has(name)) return undefined;
      if (kind === 'dynamic-import') return { path, external: true };
      return { path: `node:${name}`, namespace: kind === 'require-call' ? 'builtin' : 'builtin members' };
    });
    build.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('${path}');`,
    }));
    build.onLoad({ filter: /.*/, namespace: 'builtin members' }, ({ path }) => {
      const names = Object.keys(process.getBuiltinModule(path) ?? {}).filter((name) => /^[A-Za-z]\w*$/.test(name));
      // Marked as pure, so that nothing is asked of the module but what somebody uses.
      const lines = names
        .filter((name) => name !== 'default')
        .map((name) => `const _${name} = /* @__PURE__ */ (() => builtin.${name})(); export { _${name} as ${name} };`);
      const first = `const builtin = process.getBuiltinModule('${path}'); export default builtin;`;
      return { contents: [first, ...lines].join('\n') };
    });
  },
};

/** @type {import('esbuild').Plugin} */
const parts = {
  name: 'parts',
  setup(build) {
    build.onResolve({ filter: /^[a-z\d:_@/-]+$/ }, ({ path, resolveDir }) =>
      Object.hasOwn(pared, path) ? { path, namespace: 'part', pluginData: resolveDir } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: 'part' }, ({ path, pluginData: resolveDir }) => ({
      contents: pared[path] ?? '',
      resolveDir,
    }));
  },
};

/**
 * Of the modules that read certificates of authenticators only the names are left: none is asked for, and none is taken
 * (`src/passkeys/ceremony.ts`). Most of what the library brings is for them.
 * @type {import('esbuild').Plugin}
 */
const withoutCertificates = {
  name: 'without-certificates',
  setup(build) {
    const reading = [
      'registration/verifications/(tpm/)?verifyAttestation(AndroidKey|AndroidSafetyNet|Apple|FIDOU2F|TPM)',
      'helpers/(convertX509PublicKeyToCOSE|getCertificateInfo|isCertRevoked|validateCertificatePath|validateExtFIDOGenCEAAGUID)',
      'services/metadataService',
      'metadata/\\w+',
    ];
    const filter = new RegExp(`/@simplewebauthn/server/esm/(${reading.join('|')})\\.js$`);
    build.onLoad({ filter }, ({ path }) => {
      const names = [...readFileSync(path, 'utf8').matchAll(/^export (?:async )?(?:function|const|class) (\w+)/gm)];
      return { contents: names.map(([, name]) => `export const ${name} = undefined;`).join('\n') };
    });
  },
};

/** @type {import('esbuild').Plugin} */
const inFilesOfTheirOwn = {
  name: 'in-files-of-their-own',
  setup(build) {
    build.onResolve({ filter: /^[a-z@]/ }, ({ path, kind }) =>
      kind === 'require-call' && late.includes(path) ? { path: `./${path}.cjs`, external: true } : undefined,
    );
  },
};

/**
 * A package that is asked for by `import()` has the members that Node finds in it. Of CommonJS the bundler itself would
 * offer the whole as `default`, and no member by its name.
 * @type {import('esbuild').Plugin}
 */
const packagesAsNodeHasThem = {
  name: 'packages-as-node-has-them',
  setup(build) {
    build.onResolve({ filter: /^[a-z@]/ }, ({ path, kind, resolveDir }) =>
      kind === 'dynamic-import' && !path.startsWith('node:')
        ? { path, namespace: 'package', pluginData: resolveDir }
        : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: 'package' }, async ({ path, pluginData: resolveDir }) => {
      const names = Object.keys(await import(path)).filter((name) => /^[A-Za-z_$][\w$]*$/.test(name));
      const lines = names.map((name) =>
        name === 'default' ? 'export default whole.default;' : `export const ${name} = whole.${name};`,
      );
      return { contents: [`import * as whole from '${path}';`, ...lines].join('\n'), resolveDir };
    });
  },
};

/**
 * What the verbs import of the service is one file for all of them. Else each set of verbs that shares a module has a file
 * of its own: forty to be found and read where ten will do.
 * @type {import('esbuild').Plugin}
 */
const oneForAllVerbs = {
  name: 'one-for-all-verbs',
  setup(build) {
    const folder = join(root, 'src', 'cli');
    const lazy = /\bawait import\(\s*'(\.\.\/[\w/-]+\.ts)'\s*,?\s*\)/g;
    build.onLoad({ filter: /\/src\/cli\/[\w-]+\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const contents = text.replace(lazy, (_all, target) => `(await import('the-service'))['${target}']`);
      return { contents, loader: 'ts' };
    });
    build.onResolve({ filter: /^the-service$/ }, ({ path }) => ({ path, namespace: 'verbs' }));
    build.onLoad({ filter: /.*/, namespace: 'verbs' }, () => {
      const texts = readdirSync(folder).filter((file) => !file.endsWith('.test.ts'));
      const found = texts.flatMap((file) => [...readFileSync(join(folder, file), 'utf8').matchAll(lazy)]);
      const targets = [...new Set(found.map(([, target]) => target))].sort();
      const contents = targets.map((target) => `export * as '${target}' from '${target}';`).join('\n');
      return { contents, resolveDir: folder };
    });
  },
};
