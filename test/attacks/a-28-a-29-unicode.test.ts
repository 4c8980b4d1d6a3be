import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endless } from '../endless.ts';
import { quickHash } from '../quick-hash.ts';
import { inWorld } from '../server.ts';
import { inOffice, words } from '../stories/office.ts';
import { assertRefused, tokenOf, tryToSignIn } from '../stories/steps.ts';
import { dump } from '../tables.ts';

/** what looks alike and is not the same, and what is the same and does not look it. */
const password = 'caf\u00e9 A fi \u00a0on the hill';

test('a password is the same in every canonical form, and in no other that only looks or sounds like it', () =>
  inWorld(
    async (world) => {
      await world.server.users.create({ name: 'alice', password });
      const sameness: [typed: string, status: number][] = [
        [password, 200],
        [password.normalize('NFD'), 200],
        ['cafe\u0301 A fi \u00a0on the hill', 200],
        [password.replace('A', '\uff21'), 401],
        [password.replace('fi', '\ufb01'), 401],
        [password.replace('\u00a0', ' '), 401],
        [password.replace('\u00e9', 'e'), 401],
        [password.toUpperCase(), 401],
        [` ${password}`, 401],
        [`${password} `, 401],
        [`${password}\u200b`, 401],
        [`\ufeff${password}`, 401],
        [`${password}\ud800`, 401],
      ];
      for (const [typed, status] of sameness) {
        const shown = JSON.stringify(typed);
        assert.equal((await tryToSignIn(world, { basic: `alice:${typed}` })).status, status, shown);
        const page = await world.call('POST', '/sign-in', { form: { username: 'alice', password: typed } });
        assert.ok((status === 200 ? [303] : [422, 400]).includes(page.status), `${shown}: ${page.status}`);
      }
    },
    {},
    { argon2: quickHash, limits: endless },
  ));

test('a surrogate alone is no text: it is refused where a new password or a name has it', () =>
  inOffice(async (world, { token }) => {
    for (const [url, payload] of [
      ['/users', '{"name":"z\\ud800oe","password":"four unrelated plain words"}'],
      ['/users', '{"name":"zoe","password":"four unrelated plain words\\udc00"}'],
    ] as const) {
      const headers = { 'content-type': 'application/json' };
      const { status, text } = await world.call('POST', url, { token, payload, headers });
      assert.equal(status, 422, text);
    }
  }));

/** Names that a person could take for the one before the colon. */
const lookAlikes: Record<string, readonly string[]> = {
  admin: [
    'ADMIN',
    'Admin',
    '\uff41dmin',
    '\uff21\uff24\uff2d\uff29\uff2e',
    '\u0430dmin',
    'adm\u0131n',
    'ADM\u0130N',
    '\u0430\u0501m\u0456n',
    'a\u200bdmin',
    'a\u200cdmin',
    'a\u200ddmin',
    '\ufeffadmin',
    'admin\u202e',
    'ad\u00admin',
    'admin ',
    ' admin',
    'admin\u00a0',
    'admin\ufe0f',
    'admin\u0000x',
    'admin\t',
    'ad\u{1d426}in',
    'admin:',
    'admin\u{e0061}',
    '\u0251dmin',
  ],
  'm\u00fcller': ['mu\u0308ller', 'M\u00dcLLER', 'MU\u0308LLER'],
  σίσυφος: ['ΣΊΣΥΦΟΣ', 'σίσυφοσ'],
  сосо: ['coco'],
};

test('no account is made that a person could take for another: it is that one, or refused', () =>
  inOffice(async (world, { token }) => {
    for (const [name, others] of Object.entries(lookAlikes)) {
      const first = await world.call('POST', '/users', { token, body: { name, password } });
      // Letters of one script that read as Latin ones are no name at all, whoever comes first.
      assert.ok(first.status === 201 || name === 'сосо', `${name}: ${first.text}`);
      const count = dump(world)['users']?.length;
      for (const other of first.status === 201 ? others : []) {
        const again = await world.call('POST', '/users', { token, body: { name: other, password } });
        assert.ok(['name_taken', 'invalid'].includes(again.body.code), `${JSON.stringify(other)}: ${again.text}`);
        const renamed = await world.call('PATCH', `/users/${first.body.id}`, { token, body: { name: other } });
        assert.ok(renamed.status === 422 || renamed.body.name === first.body.name, JSON.stringify(other));
      }
      assert.equal(dump(world)['users']?.length, count, name);
    }
  }));

test('whatever spelling somebody signs in with, token, log and pages have the stored one', () =>
  inOffice(async (world, { token, open }) => {
    const { body } = await world.call('POST', '/users', { token, body: { name: 'Σίσυφος', password } });
    assert.equal(body.name, 'σίσυφοσ');
    const basic = `ΣΊΣΥΦΟΣ:${password}`;
    const session = await tokenOf(world, { basic });
    assert.equal((await world.call('GET', '/whoami', { token: session })).text, '"σίσυφοσ"');
    assert.match(words(await open('/activity')), /σίσυφοσ/);
    assert.doesNotMatch(words(await open('/activity')), /ΣΊΣΥΦΟΣ|Σίσυφος/);
    for (const spelling of ['σίσυφο', 'σισυφος', 'σίσυφος\u200b'])
      assertRefused(await tryToSignIn(world, { basic: `${spelling}:${password}` }), 401, 3);
  }));
