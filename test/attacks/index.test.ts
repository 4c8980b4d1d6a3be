import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

/** The table of `README.md`: each attack with the files that it names, and what it says where it names none. */
const rows = readFileSync(new URL('README.md', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => /^\| A-/.test(line))
  .map((line) => {
    const [number = '', attack = '', shown = ''] = line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, ''));
    return { number, attack, shown, files: [...shown.matchAll(/\]\(([^)]+)\)/g)].map(([, file = '']) => file) };
  });

test('every attack has one row, in order, and says in words what it is', () => {
  const all = Array.from({ length: 44 }, (_, index) => `A-${String(index + 1).padStart(2, '0')}`);
  assert.deepEqual(
    rows.map(({ number }) => number),
    all,
  );
  for (const { number, attack } of rows) assert.ok(attack.length > 5, number);
});

test('a row names tests that there are, or says why there is none', () => {
  for (const { number, shown, files } of rows) {
    const excused = /^(Not yet|Does not apply): .{20,}/.test(shown);
    assert.ok(excused || files.length > 0, `${number}: ${shown}`);
    for (const file of files) {
      assert.match(file, /\.test\.ts$/, number);
      assert.ok(existsSync(new URL(file, import.meta.url)), `${number} names ${file}, which is not there`);
    }
  }
});

test('every attack that has a file of its own is named with it, and no other is', () => {
  const folders = ['./', '../long/attacks/'];
  const files = folders.flatMap((folder) =>
    readdirSync(new URL(folder, import.meta.url))
      .filter((name) => /^a-.*\.test\.ts$/.test(name))
      .map((name) => (folder === './' ? name : folder + name)),
  );
  assert.ok(files.length > 10);
  for (const file of files) {
    const numbers = [...file.matchAll(/\ba-(\d\d)/g)].map(([, number]) => `A-${number}`);
    for (const number of numbers)
      assert.ok(rows.find((row) => row.number === number)?.files.includes(file), `${number} does not name ${file}`);
  }
});
