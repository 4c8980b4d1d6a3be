import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadBlocklist } from './blocklist.ts';
import { blocklistForm, codePoints } from './prepare.ts';

const shipped = readFileSync(new URL('common-passwords.txt', import.meta.url), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'countersign-blocklist-'));
after(() => rmSync(folder, { recursive: true }));

function fileOf(name: string, content: string | Uint8Array): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

describe('the list that ships', () => {
  it('is what the script makes of its source', () => {
    const script = fileURLToPath(new URL('../../scripts/make-common-passwords.mjs', import.meta.url));
    const again = join(folder, 'again.txt');
    execFileSync(process.execPath, [script, again]);
    assert.ok(readFileSync(again, 'utf8') === shipped);
  });

  it('holds each password once, 8 code points or more, in the form in which they are compared', () => {
    const lines = shipped.split('\n');
    assert.equal(lines.pop(), '');
    assert.equal(new Set(lines).size, lines.length);
    for (const line of lines) assert.ok(codePoints(line) >= 8 && blocklistForm(line) === line, line);
  });

  it('is loaded whole, and has its entries and nothing else: no part of one, no two, none that is empty', async () => {
    const common = await loadBlocklist();
    const lines = shipped.split('\n').slice(0, -1);
    assert.deepEqual(
      lines.filter((line) => !common.has(line)),
      [],
    );
    const [first = '', second = ''] = lines;
    const others = ['', '\n', `${first}\n${second}`, `${first}\n`, `\n${first}`, first.slice(1), `${first} x`];
    assert.deepEqual(
      others.filter((other) => common.has(other) && !lines.includes(other)),
      [],
    );
    assert.equal(await loadBlocklist(''), common);
  });
});

describe("an operator's list", () => {
  it('is added to the one that ships, in any case, form and line ending', async () => {
    const file = fileOf('list.txt', '\uFEFFHeron-1956\r\nCAFE\u0301 NOIR\nshort\n\n two spaces \n🐴🐴🐴🐴🐴🐴🐴🐴');
    const common = await loadBlocklist(file);
    const asked = [
      'heron-1956',
      'caf\u00E9 noir',
      ' two spaces ',
      '🐴🐴🐴🐴🐴🐴🐴🐴',
      'password',
      'short',
      '',
      'Heron-1956',
    ];
    assert.deepEqual(
      asked.filter((entry) => common.has(entry)),
      ['heron-1956', 'caf\u00E9 noir', ' two spaces ', '🐴🐴🐴🐴🐴🐴🐴🐴', 'password'],
    );
  });

  const large = fileOf('large.txt', '');
  truncateSync(large, 50_000_001);
  for (const [rule, file, reason] of [
    ['is not there', join(folder, 'missing.txt'), /ENOENT/],
    ['is a folder', folder, /no regular file/],
    ['is over 50 MB', large, /50000001 bytes/],
    ['is not UTF-8', fileOf('latin1.txt', Uint8Array.of(0x63, 0x61, 0x66, 0xe9)), /not valid/],
  ] as const) {
    it(`stops the start when it ${rule}, with a sentence that says what to do`, async () => {
      await assert.rejects(loadBlocklist(file), (error: Error) => {
        assert.match(error.message, reason);
        assert.ok(error.message.includes(file));
        assert.match(error.message, /Give COUNTERSIGN_PASSWORD_BLOCKLIST_FILE a readable UTF-8 file of at most 50 MB/);
        return true;
      });
    });
  }
});
