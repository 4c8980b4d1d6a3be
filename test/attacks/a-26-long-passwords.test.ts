import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Argon2 } from '../../src/passwords/passwords.ts';
import { endless } from '../endless.ts';
import { quickHash } from '../quick-hash.ts';
import { type Answer, type CallOptions, inWorld, makePersonWithCode, signIn, type World } from '../server.ts';
import { plain } from '../stories/steps.ts';
import { dump } from '../tables.ts';

/** passwords so long that hashing, or only preparing them, would keep the service busy. */
const lengths = [257, 1000, 4000, 10_000];
const decomposed = 'e\u0301'.repeat(600);

/** Everything that a password is typed into, as somebody who may. */
function places(token: string, basic: string, link: string, setup: string) {
  const [name = ''] = basic.split(':');
  const password = basic.slice(name.length + 1);
  return (long: string): [Parameters<World['call']>[0], string, CallOptions][] => [
    ['POST', '/auth/credentials', { basic: `${name}:${long}` }],
    ['POST', '/auth/credentials', { basic: `nobody:${long}` }],
    ['POST', '/sign-in', { form: { username: name, password: long } }],
    ['POST', '/sign-in', { form: { username: 'nobody', password: long } }],
    ['POST', '/auth/reauthenticate', { token, body: { password: long } }],
    ['PUT', '/auth/password', { token, body: { current: long, new: 'four unrelated plain words' } }],
    ['PUT', '/auth/password', { token, body: { current: password, new: long } }],
    ['POST', '/users', { token, body: { name: 'zoe', password: long } }],
    ['POST', '/invitation', { form: { token: link, password: long } }],
    ['POST', '/setup', { form: { token: setup, name: 'zoe', password: long } }],
  ];
}

test('no password of more than 256 code points reaches the hash, wherever it is typed, and no member differs from a stranger', async () => {
  const hashed: string[] = [];
  const seen =
    <A extends unknown[], R>(work: (...given: A) => Promise<R>, at: number) =>
    (...given: A): Promise<R> => {
      hashed.push(String(given[at]));
      return work(...given);
    };
  const argon2: Argon2 = { hash: seen(quickHash.hash, 0), verify: seen(quickHash.verify, 1) };
  await inWorld(
    async (world) => {
      const setup = new URL((await world.server.service.setup.makeLink()) ?? '').searchParams.get('token') ?? '';
      const root = await makePersonWithCode(world, 'root', true);
      const token = await signIn(world, root);
      const { link } = (await world.call('POST', '/users', { token, body: { name: 'ivy' } })).body;
      const at = places(token, root.basic, new URL(link.url).searchParams.get('token') ?? '', setup);
      const kept = (): object => dump(world, ['audit', 'audit_chains', 'budgets']);
      const before = kept();
      const longs = [
        ...lengths.flatMap((length) => ['x'.repeat(length), '\u{1F434}'.repeat(length / 4 + 257)]),
        decomposed,
      ];
      for (const long of longs) {
        const answers: Answer[] = [];
        for (const [method, url, given] of at(long)) {
          hashed.length = 0;
          const answer = await world.call(method, url, given);
          const what = `${method} ${url} with ${long.length}`;
          assert.ok(answer.status >= 400 && answer.status < 500, `${what}: ${answer.status} ${answer.text}`);
          assert.deepEqual(
            hashed.filter((each) => [...each].length > 256),
            [],
            what,
          );
          assert.ok(hashed.length <= 1, `${what}: ${hashed.length} hashes`);
          answers.push(answer);
        }
        const [member, stranger, memberOnPage, strangerOnPage] = answers.map((each) => [
          each.status,
          plain(each.text).replaceAll(/\b(?:root|nobody)\b/g, 'NAME'),
        ]);
        assert.deepEqual([member, memberOnPage], [stranger, strangerOnPage]);
      }
      assert.deepEqual(kept(), before);
    },
    {},
    { argon2, limits: endless },
  );
});
