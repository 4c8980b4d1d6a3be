/** Each house rule is seen failing once, and passing on the nearest thing that is right. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { banFaults, importFaults, linkFaults, sizeFaults, sqlFaults, unreached, wrapperFaults } from './rules.ts';
import { functions, imports, type Source, source } from './source.ts';

const house = {
  floors: [['cli'], ['server'], ['totp', 'passwords'], ['users'], ['http', 'pages'], ['clock', 'options']],
  sideways: { http: ['pages'] },
};

/** Files from a table of paths and texts. */
function files(texts: Record<string, string>): Source[] {
  return Object.entries(texts).map(([path, text]) => source(path, text));
}

function importing(from: string, specifier: string): string[] {
  return importFaults(files({ [from]: `import { x } from '${specifier}';\n` }), house);
}

test('an import from a lower floor passes, one from the same or a higher floor does not', () => {
  assert.deepEqual(importing('src/totp/totp.ts', '../users/users.ts'), []);
  assert.deepEqual(importing('src/totp/totp.ts', '../clock.ts'), []);
  assert.deepEqual(importing('src/totp/totp.ts', './code.ts'), []);
  assert.deepEqual(importing('src/http/http.ts', '../pages/pages.ts'), []);
  assert.match(importing('src/pages/pages.ts', '../http/http.ts').join(), /http is not below pages/);
  assert.match(
    importing('src/totp/totp.ts', '../passwords/passwords.ts').join(),
    /src\/totp\/totp\.ts:1 .*not below totp/,
  );
  assert.match(importing('src/users/users.ts', '../server.ts').join(), /server is not below users/);
  assert.match(importing('src/users/users.test.ts', '../totp/totp.ts').join(), /totp is not below users/);
  assert.match(importing('src/users/users.ts', '../nowhere/nowhere.ts').join(), /nowhere is not below users/);
  assert.match(importing('src/nowhere/nowhere.ts', '../clock.ts').join(), /nowhere is in no floor/);
});

test('only a feature’s main file may be imported from outside, and routes.ts by server.ts', () => {
  assert.match(
    importing('src/totp/totp.ts', '../users/store.ts').join(),
    /private to users\/: let users\/users\.ts offer/,
  );
  assert.match(importing('src/totp/totp.test.ts', '../users/store.ts').join(), /private to users/);
  assert.deepEqual(importing('src/totp/code.test.ts', './store.ts'), []);
  assert.deepEqual(importing('src/totp/code.test.ts', '../../test/server.ts'), []);
  assert.deepEqual(importing('src/server.ts', './users/routes.ts'), []);
  assert.match(importing('src/cli/main.ts', '../users/routes.ts').join(), /private to users/);
  assert.match(importing('src/totp/totp.ts', '../../test/server.ts').join(), /no part of src/);
});

test('every form of import is seen, and nothing that only looks like one', () => {
  const text = [
    "import type { A } from './a.ts';",
    "import {\n  b,\n} from './b.ts';",
    "import './c.ts';",
    "export * from './d.ts';",
    "const e = await import('./e.ts');",
    "type F = import('./f.ts').F;",
    "new Worker(new URL('./g.ts', import.meta.url));",
    "// import x from './no.ts'",
    "const text = `import x from './no.ts'`;",
    "/* import './no.ts' */ const pattern = /from '.\\/no.ts'/;",
  ].join('\n');
  const found = imports(source('src/x.ts', text)).map(({ specifier }) => specifier);
  assert.deepEqual(found.toSorted(), ['./a.ts', './b.ts', './c.ts', './d.ts', './e.ts', './f.ts', './g.ts']);
});

test('a file that no program reaches is found', () => {
  const texts = {
    'src/server.ts': "import './a.ts';",
    'src/a.ts': "const b = import('./b.ts');",
    'src/b.ts': '',
    'src/b.test.ts': '',
  };
  assert.deepEqual(unreached(files(texts), ['src/server.ts']), []);
  assert.match(
    unreached(files({ ...texts, 'src/c.ts': "import './a.ts';" }), ['src/server.ts']).join(),
    /src\/c\.ts is reached from none/,
  );
});

test('SQL outside of store.ts is found, and a table that two folders name', () => {
  const select = "db.selectFrom('users as u').selectAll()";
  assert.deepEqual(
    sqlFaults(files({ 'src/users/store.ts': select, 'src/database/schema/migrations/1.ts': select })),
    [],
  );
  assert.match(sqlFaults(files({ 'src/users/users.ts': select })).join(), /move it to src\/users\/store\.ts/);
  assert.match(
    sqlFaults(files({ 'src/users/users.ts': 'await sql<{ n: number }>`select 1`.execute(db)' })).join(),
    /has SQL \(sql/,
  );
  assert.match(
    sqlFaults(files({ 'src/users/users.ts': "db.prepare('SELECT a FROM users')" })).join(),
    /has SQL \(SELECT a FROM/,
  );
  assert.deepEqual(
    sqlFaults(files({ 'src/users/users.ts': "// db.selectFrom('x')\nsay('Select a name from the list')" })),
    [],
  );
  const two = {
    'src/users/store.ts': select,
    'src/totp/store.ts': "db.updateTable('totp').innerJoin('users', 'a', 'b')",
  };
  assert.match(sqlFaults(files(two)).join(), /src\/totp\/store\.ts names the table users, which lives in src\/users\//);
  const raw = { 'src/users/store.ts': select, 'src/totp/store.ts': "db.prepare('select a from totp join users on b')" };
  assert.match(sqlFaults(files(raw)).join(), /names the table users/);
});

test('a banned word is found in code, and in comments and strings where the ban says so', () => {
  const ban = { what: /\bDate\.now\b/, within: /^src\//, except: /^src\/clock\.ts$/, instead: 'take now' };
  const faulty = files({
    'src/a.ts': ['\nconst b = `$', '{Date.now()}`;'].join(''),
    'src/clock.ts': 'Date.now()',
    'test/a.ts': 'Date.now()',
  });
  assert.deepEqual(banFaults(faulty, [ban]), ['src/a.ts:2 has Date.now: take now']);
  const harmless = files({ 'src/a.ts': "// Date.now\nconst a = 'Date.now' + `Date.now` + /Date.now/.source;" });
  assert.deepEqual(banFaults(harmless, [ban]), []);
  assert.equal(banFaults(harmless, [{ ...ban, everywhere: true }]).length, 4);
});

test('a package with a wrapper is imported once', () => {
  const texts = { 'src/a.ts': "import 'node:sqlite';", 'src/a.test.ts': "import 'node:sqlite';" };
  assert.deepEqual(wrapperFaults(files(texts), ['node:sqlite']), []);
  assert.match(
    wrapperFaults(files({ ...texts, 'src/b.ts': "import 'node:sqlite';" }), ['node:sqlite']).join(),
    /by src\/a\.ts, src\/b\.ts/,
  );
});

test('functions are measured, whatever their form', () => {
  const text = [
    'export async function a(',
    '  b: string,',
    '): Promise<{ c: string }> {',
    '  if (b) {',
    '  }',
    '}',
    'const d = ({',
    '  e,',
    '}: F): void => {',
    '};',
    'const g = {',
    '  h(i: string) {',
    '    return i;',
    '  },',
    '};',
    'export function j({',
    '  k,',
    '}: L): M {',
    '  return list.map((n) => {',
    '    return n;',
    '  });',
    '}',
  ].join('\n');
  const expected = [
    { line: 1, lines: 6 },
    { line: 7, lines: 4 },
    { line: 12, lines: 3 },
    { line: 16, lines: 4 },
    { line: 19, lines: 3 },
  ];
  assert.deepEqual(functions(source('src/x.ts', text)), expected);
});

test('long files and long functions are found', () => {
  const body = `function a() {\n${'  b();\n'.repeat(10)}}\n`;
  assert.deepEqual(sizeFaults(files({ 'src/x.ts': body }), { file: 12, function: 12 }), []);
  assert.match(sizeFaults(files({ 'src/x.ts': body }), { file: 11, function: 12 }).join(), /12 lines, at most 11/);
  assert.match(
    sizeFaults(files({ 'src/x.ts': body }), { file: 12, function: 11 }).join(),
    /src\/x\.ts:1 is a function of 12 lines/,
  );
});

test('a link that leads nowhere is found, in code blocks it is no link', () => {
  const faults = (text: string): string =>
    linkFaults([{ path: 'docs/a.md', text }], (path) => path === 'README.md' || path === 'docs/a.md').join();
  assert.equal(
    faults('[a](../README.md#x) [b](https://example.com) [c](#a-head)\n# A head\n```\n[d](no.md)\n```\n`[e](no.md)`'),
    '',
  );
  assert.match(faults('[a](../no.md)'), /links to \.\.\/no\.md, which is not there/);
  assert.match(faults('[a]: no.md'), /no\.md/);
  assert.match(faults('<img src="no.png">'), /no\.png/);
  assert.match(faults('[a](#none)'), /no such heading/);
});
