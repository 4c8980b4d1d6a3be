/** The pages under docs/security/ against the code: what they list is there, and nothing that is there is missing. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { events } from '../src/audit/events.ts';
import { durationText, environmentName, flagName, optionNames, optionTable } from '../src/options.ts';
import { inputs } from './inputs.ts';
import { operationsOf, readDocument, type Schema } from './openapi.ts';
import { quickHash } from './quick-hash.ts';
import { tableUnder } from './routes.ts';
import { inWorld, makePerson, signIn, type World } from './server.ts';
import { alter } from './tables.ts';

const root = new URL('../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const page = (name: string): string => read(`docs/security/${name}.md`);
const sorted = (words: readonly string[]): string[] => [...words].sort();
const parts = { argon2: quickHash };

test('sign-in.md names every route that takes a secret of somebody, and no other', () => {
  const secret = /^(password|otp|recovery_code|token|current|credential|passkey)$/;
  const taking = inputs.filter(({ members }) => Object.keys(members).some((member) => secret.test(member)));
  const named = tableUnder(page('sign-in'), 'Every way to prove who one is')
    .slice(1)
    .flatMap(([, where = '']) => where.split(', '));
  const routes = taking.map(({ method, url }) => `${method} ${url}`);
  assert.deepEqual(sorted([...new Set(named)]), sorted([...new Set(routes)]));
});

test('every limit that a page tells is the one in the code', () => {
  const limits = ['sign-in', 'operation'].flatMap((name) => limitsOf(page(name)));
  assert.ok(limits.length > 20, `${limits.length} limits`);
  for (const [what = '', value = '', where = ''] of limits) {
    const [, constant, file = ''] = /^`(\w+)` in `(src\/[\w./-]+)`$/.exec(where) ?? [];
    const option = optionNames.find((name) => where === `\`${flagName(name)}\``);
    if (option) assert.ok(spellings(option).includes(value) || /^one a core/.test(value), what);
    else {
      const [, written] = new RegExp(`\\b${constant}(?: =|:) ([^;,\\n]+)[;,]`).exec(read(file)) ?? [];
      const same = written && (value === written || value.startsWith(`${written} `));
      assert.ok(same, `${what}: ${value} (the code says ${written})`);
    }
  }
});

/** Rows of the tables that say where a limit stands: what it is of, its value, and where. */
function limitsOf(text: string): string[][] {
  let where = -1;
  return text.split('\n').flatMap((line) => {
    const cells = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    if (cells.length === 0) where = -1;
    if (cells.includes('where it stands')) where = cells.indexOf('where it stands');
    return /^`/.test(cells[where] ?? '') ? [[cells[0] ?? '', cells[1] ?? '', cells[where] ?? '']] : [];
  });
}

/** How a page may write the default of an option. */
function spellings(option: (typeof optionNames)[number]): string[] {
  const { default: value } = optionTable[option];
  return [String(value), ...(typeof value === 'number' ? [durationText(value)] : [])];
}

test('every option and variable that a page names is one', () => {
  const flags = new Set(optionNames.map(flagName));
  const variables = new Set(optionNames.map(environmentName));
  for (const name of optionNames) if ('secret' in optionTable[name]) variables.add(`${environmentName(name)}_FILE`);
  const ofVerbs = new Set(read('docs/reference/cli.md').match(/--[a-z][a-z-]+/g));
  for (const file of readdirSync(new URL('docs/security/', root))) {
    const text = read(`docs/security/${file}`);
    for (const [flag] of text.matchAll(/--[a-z][a-z-]+/g))
      assert.ok(flags.has(flag) || ofVerbs.has(flag), `${file}: ${flag}`);
    for (const [name] of text.matchAll(/COUNTERSIGN_[A-Z_]+/g)) assert.ok(variables.has(name), `${file}: ${name}`);
  }
});

test('fields.md has every operation with the members that it takes and answers', () =>
  inWorld(
    async (world) => {
      const document = await readDocument(world);
      const resolve = (schema: Schema | undefined): Schema | undefined => {
        const [, name = ''] = /\/(\w+)$/.exec(String(schema?.['$ref'] ?? '')) ?? [];
        return name === '' ? schema : document.components.schemas[name];
      };
      const members = (given: unknown): string[] => {
        const { properties, items, anyOf, oneOf } = (resolve(given as Schema) ?? {}) as Record<string, Schema>;
        if (items) return members(items);
        const choices = Object.values(anyOf ?? oneOf ?? {});
        const own = Object.entries(properties ?? {}).flatMap(([name, value]) => {
          const inner = members(value);
          return inner.length === 0 ? [name] : inner.map((each) => `${name}.${each}`);
        });
        return [...new Set([...own, ...choices.flatMap(members)])];
      };
      const json = 'application/json';
      const rows = operationsOf(document)
        .filter(({ tags }) => tags.every((tag) => !/Health|API|Documentation/.test(tag)))
        .map(({ method, url, requestBody, responses }) => {
          const answers = Object.entries(responses).filter(([status]) => status.startsWith('2'));
          const reads = answers.flatMap(([, answer]) => members(answer.content?.[json]?.schema));
          return [`${method} ${url}`, members(requestBody?.content[json]?.schema).join(' '), reads.join(' ')];
        });
      const told = page('fields')
        .split('\n')
        .filter((line) => /^\| `/.test(line))
        .map((line) =>
          line
            .replaceAll('`', '')
            .split(' | ')
            .map((cell) => cell.replace(/^\| | \|$|^–/g, '')),
        )
        .map(([call = '', , writes = '', reads = '']) => [call, writes, reads]);
      assert.deepEqual(told.sort(), rows.sort());
    },
    {},
    parts,
  ));

test('data.md classifies every column of every table, once', () =>
  inWorld(
    async (world) => {
      const database = new DatabaseSync(join(world.folder, 'data', 'countersign.db'));
      const tables = database
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        .all();
      const stored = tables
        .map(({ name }) => String(name))
        .filter((name) => !name.startsWith('kysely_'))
        .map((name) => {
          const columns = database.prepare('SELECT name FROM pragma_table_info(?)').all(name);
          return [name, ...sorted(columns.map((column) => String(column['name'])))];
        });
      database.close();
      const told = page('data')
        .split('\n')
        .filter((line) => /^\| `/.test(line))
        .map((line) => {
          const [table = '', ...cells] = line.split('|').slice(1, -2);
          const columns = cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name));
          return [table.replace(/[` ]/g, ''), ...sorted(columns)];
        });
      assert.deepEqual(told.sort(), stored.sort());
    },
    {},
    parts,
  ));

test('cryptography.md names every file that uses any, with what it uses, and nothing else does', () => {
  const src = readdirSync(new URL('src/', root), { recursive: true, encoding: 'utf8' }).map((file) => `src/${file}`);
  const ours = src.filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
  const used = ours.flatMap((file) => {
    const code = read(file);
    const names = [...code.matchAll(cryptographic)].flatMap(([, each = '']) => each.split(','));
    // Under another name, whole, or as a global it could be called in ways that are not seen below.
    assert.doesNotMatch(code.replace(cryptographic, ''), /'@node-rs\/argon2'|\bcrypto\b|'(?:node:)?tls'/, file);
    const values = names.filter((name) => !name.trim().startsWith('type '));
    const functions = values.map((name) => name.trim().replace(/^(hash|verify) as argon2\w+$/, '$1'));
    const libraries = code.match(library) ?? [];
    return [...functions, ...algorithmsOf(code), ...libraries].map((what) => `${file} ${what}`);
  });
  const lines = page('cryptography')
    .split('\n')
    .filter((line) => /^\| `src\//.test(line));
  const told = lines.flatMap((line) => {
    const [, file = '', what = ''] = line.split('|');
    const functions = [...what.matchAll(/`(\w+)`/g)].map(([, name = '']) => name);
    const algorithms = what.match(/(?:HMAC-|HKDF-)?\b(?:SHA|MD|AES)-?\d[\w-]*/g) ?? [];
    return [...functions, ...algorithms, ...(what.match(library) ?? [])].map(
      (each) => `${file.replace(/[` ]/g, '')} ${each}`,
    );
  });
  const once = (all: string[]): string[] => sorted([...new Set(all)]);
  assert.deepEqual(once(told), once(used));
  // The lines of Argon2id and TLS say numbers too.
  const { argon2Memory, argon2Passes } = optionTable;
  assert.match(
    page('cryptography'),
    new RegExp(`Argon2id, ${argon2Memory.default / 1024} MiB, ${argon2Passes.default} passes`),
  );
});

const cryptographic = /import \{([^}]+)\} from '(?:node:crypto|node:tls|@node-rs\/argon2)';/g;

/** It is loaded when it is needed. */
const library = /@simplewebauthn\/server/g;

/** Which algorithms a file asks for, as a person writes them; where one is an argument, the one that it has by default. */
function algorithmsOf(code: string): string[] {
  const prefixes: Record<string, string> = { createHmac: 'HMAC-', hkdfSync: 'HKDF-' };
  const calls = code.matchAll(
    /\b(create(?:Hash|Hmac|Cipheriv|Decipheriv)|hkdfSync|hash(?=\('sha))\((?:'([\w-]+)'|(\w+))?/g,
  );
  return [...calls].map(([call, name = '', literal, argument]) => {
    const algorithm = literal ?? new RegExp(`\\b${argument}: \\w+ = '([\\w-]+)'`).exec(code)?.[1];
    assert.ok(algorithm, `${call}: which algorithm?`);
    return (prefixes[name] ?? '') + algorithm.toUpperCase().replace(/^SHA(?=\d)/, 'SHA-');
  });
}

test('logs.md names every event, and every member that a line of the log has', () =>
  inWorld(
    async (world) => {
      const rows = tableUnder(page('logs'), 'The audit log')
        .slice(1)
        .map(([event = '']) => event);
      assert.deepEqual(sorted(rows), sorted(events));

      const token = await signIn(world, await makePerson(world, 'root', true));
      await world.call('GET', '/users', { token });
      const { body } = await world.call('POST', '/users', { token });
      assert.ok(body.code);
      const program = await world.call('POST', '/service-tokens', { token, body: { name: 'sync' } });
      await world.call('GET', '/users', { token: program.body.token });
      const weak = await world.call('POST', '/users', { token, body: { name: 'alice', password: 'x' } });
      assert.ok(weak.body.reason);
      alter(world, 'ALTER TABLE users RENAME TO gone');
      await world.call('GET', '/whoami', { token });
      const members = new Set(linesOf(world).flatMap((line) => Object.keys(line)));
      const told = tableUnder(page('logs'), "The service's log")
        .slice(1)
        .flatMap(([names = '']) => names.split(' '));
      members.delete('err'); // The cause of an error, which the row of `level` tells of.
      assert.deepEqual(sorted(told), sorted([...members]));
    },
    { requireSecondFactor: 'nobody' },
    parts,
  ));

function linesOf(world: World): object[] {
  return world
    .log()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}
