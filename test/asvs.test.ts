/** docs/security/asvs.md: every row once, the numbers right, and every test that a page names is there and runs. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const root = new URL('../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const page = read('docs/security/asvs.md');

/** Which rows apply, with their levels; `beside` are those that are not counted. */
const wanted: { asvs: Record<string, number>; beside: Record<string, number>; nist: string[] } = JSON.parse(
  read('test/standards/rows.json'),
);
const states = ['met', 'by deployment', 'not met'];

interface Row {
  id: string;
  level: number;
  state: string;
  shown: string;
}

const [asvs = [], beside = [], nist = []] = ['ASVS 5.0', 'Beside these chapters', 'NIST SP 800-63B-4'].map(rowsUnder);

test('every row of the standards that applies is there once, with its level', () => {
  const levels = (rows: Row[]): [string, number][] => rows.map(({ id, level }) => [id, level]);
  assert.deepEqual(levels(asvs), Object.entries(wanted.asvs));
  assert.deepEqual(levels(beside), Object.entries(wanted.beside));
  assert.deepEqual(
    nist.map(({ id }) => id),
    wanted.nist,
  );
  const counts = [1, 2, 3].map((level) => asvs.filter((row) => row.level <= level).length);
  assert.deepEqual(counts, [45, 143, 183]);
});

test('a row that is met names a test or a page, and one that is not says why', () => {
  for (const { id, state, shown } of [...asvs, ...beside, ...nist]) {
    assert.ok([...states, 'does not arise'].includes(state), `${id}: ${state}`);
    if (state === 'met') assert.ok(citations(shown).length > 0 || /\]\([\w./-]+\.md/.test(shown), id);
    else assert.ok(shown.length > 15, id);
  }
});

test('the numbers at the top are those of the rows', () => {
  const line = (label: string, rows: Row[]): string => {
    const counts = states.map((state) => rows.filter((row) => row.state === state).length);
    return `| ${[label, rows.length, ...counts].join(' | ')} |`;
  };
  const upTo = (level: number): Row[] => asvs.filter((row) => row.level <= level);
  for (const each of [
    line('ASVS level 1', upTo(1)),
    line('ASVS level 1 and 2', upTo(2)),
    line('ASVS level 1 to 3', upTo(3)),
    line('NIST SP 800-63B-4', nist),
  ])
    assert.ok(page.includes(`\n${each}\n`), each);
});

test('at level 1 nothing but ?otp= is open, and at level 2 nine rows in ten are met', () => {
  const open = (level: number): string[] =>
    asvs.filter((row) => row.level === level && row.state === 'not met').map(({ id }) => id);
  assert.deepEqual(open(1), ['14.2.1']);
  assert.deepEqual(open(2), ['6.5.5', '7.5.2']);
  const second = asvs.filter(({ level }) => level === 2);
  const met = second.filter(({ state }) => state === 'met');
  assert.ok(met.length / second.length >= 0.9, `${met.length} of ${second.length}`);
});

test('every test that a page of docs/security/ names exists under that name, and runs', () => {
  let found = 0;
  for (const file of readdirSync(new URL('docs/security/', root))) {
    for (const [path, name] of citations(read(`docs/security/${file}`))) {
      assert.ok(existsSync(new URL(path, root)), `${file} names ${path}, which is not there`);
      const all = calls(read(path));
      const call = all.find((each) => each.name === name);
      assert.ok(call, `${file} names “${name}” of ${path}, which is not there`);
      // `npm test` and `npm run test:long` take every *.test.ts of src/ and test/; nothing may take it out again.
      for (const { text } of [call, ...all.filter((each) => each.text.startsWith('describe'))]) {
        const begun = text.replace(/skip: (process\.platform === 'win32'|onWindows)/, '');
        assert.doesNotMatch(begun, /^(test|it|describe)\.|\b(skip|todo)\b/, `${path}: “${name}” does not run`);
      }
      found += 1;
    }
  }
  assert.ok(found > 300, `${found} tests are named`);
});

/** Rows of the tables below a heading, up to the next one of its rank; rows of NIST have no level. */
function rowsUnder(heading: string): Row[] {
  const [rank = '', rest = ''] = new RegExp(`^(#+) ${heading}$([^]*)`, 'm').exec(page)?.slice(1) ?? [];
  const section = rank === '##' ? (rest.split(/^## |^### Beside/m)[0] ?? '') : (rest.split(/^##/m)[0] ?? '');
  return section
    .split('\n')
    .filter((line) => /^\| (\d|B\.)/.test(line))
    .map((line) => {
      const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
      const [id = '', level = '', state = '', shown = ''] =
        cells.length === 7 ? [cells[1], cells[2], cells[4], cells[5]] : [cells[1], '0', cells[3], cells[4]];
      return { id, level: Number(level), state, shown };
    });
}

/** `path.test.ts` “name”: which tests a text names. */
function citations(text: string): [path: string, name: string][] {
  const all = text.matchAll(/`((?:src|test)\/[\w./-]+\.test\.ts)` “([^”]+)”/g);
  return [...all].map(([, path = '', name = '']) => [path, name.replaceAll('\\|', '|')]);
}

/** The tests of a file: what each is called in the source, and how it is begun, with its options, up to its function. */
function calls(source: string): { name: string; text: string }[] {
  const begun = source.matchAll(/^ *(?:await )?((?:test|it|describe)[.\w]*\(\s*(['"`])(.*?)\2(?=([\s\S]*?)=>))/gm);
  return [...begun].map(([, text = '', , name = '', options = '']) => ({
    name,
    text: text.replace(name, '') + options,
  }));
}
