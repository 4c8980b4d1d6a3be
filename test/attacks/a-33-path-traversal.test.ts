import assert from 'node:assert/strict';
import { relative } from 'node:path';
import { test } from 'node:test';
import { listen, sendRaw } from '../listening.ts';
import { quickHash } from '../quick-hash.ts';
import { inWorld } from '../server.ts';

/** ways out of the folders that files are served from. A socket sends them as they stand. */
const up = ['..', '%2e%2e', '.%2e', '%252e%252e', '..%00', '%c0%ae%c0%ae', '..;', '....'];
const slash = ['/', '%2f', '%252f', '\\', '%5c', '%c0%af', '//'];
const roots = ['/assets/', '/docs/assets/', '/static/', '/', '/ASSETS/'];

/** What no answer may have in it: a password file, a program of ours, the database, the key. */
const insides = /root:.*:0:0:|from '\.|"dependencies"|SQLite format 3|^[\w-]+ [A-Za-z0-9+/]{43}=$/m;

test('no way leads out of the folders of the pages: to no file of the machine, the program, the data or the key', () =>
  inWorld(
    async (world) => {
      const { port } = await listen(world);
      const here = relative(process.cwd(), world.folder);
      const outside = (step: string): string => here.replaceAll('..', step);
      // From wherever in the program, or in the machine, the folder of the pages may be.
      const targets: [file: string, above: number][] = [
        ['etc/passwd', 9],
        ...[1, 2, 3, 4].map((above): [string, number] => ['package.json', above]),
        ...[0, 1, 2].map((above): [string, number] => ['server.ts', above]),
      ];
      const paths = roots.flatMap((root) => [
        ...up.flatMap((step) =>
          slash.flatMap((cut) => targets.map(([file, above]) => root + `${step}${cut}`.repeat(above) + file)),
        ),
        ...up.map((step) => `${root}${outside(step)}/data/countersign.db`),
        ...up.map((step) => `${root}${outside(step)}/keys/countersign.keys`),
        `${root}${world.folder}/keys/countersign.keys`,
        ...[
          'etc/passwd',
          'C:%5Cwindows%5Cwin.ini',
          '.env',
          '.git/config',
          'portal.js.map',
          'portal.css.gz',
          '%00',
          '.',
          '..',
          '...',
        ].map((rest) => root + rest),
      ]);
      assert.ok(paths.length > 1000);
      const statuses = new Map<number, number>();
      for (let index = 0; index < paths.length; index += 50) {
        await Promise.all(
          paths.slice(index, index + 50).map(async (path) => {
            const answer = await sendRaw(port, `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n`);
            statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
            assert.doesNotMatch(answer.text, insides, path);
            assert.ok([400, 404].includes(answer.status) || isOurs(path), `${path}: ${answer.status}`);
          }),
        );
      }
      assert.equal((statuses.get(400) ?? 0) + (statuses.get(404) ?? 0) > paths.length - 20, true);
    },
    {},
    { argon2: quickHash },
  ));

/** Ways that are only another spelling of a page that everybody may open. */
function isOurs(path: string): boolean {
  return ['/', '/docs'].includes(path);
}
