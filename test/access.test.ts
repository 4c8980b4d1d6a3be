import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { minute } from '../src/clock.ts';
import { type Access, createHttp, type Session } from '../src/http/http.ts';
import type { Call, route } from '../src/http/route.ts';
import { resolveOptions } from '../src/options.ts';
import { quickHash } from './quick-hash.ts';
import { type Registered, registeredRoutes, tableUnder } from './routes.ts';
import { type Answer, inWorld, makePerson, makePersonWithCode, type Person, signIn, type World } from './server.ts';

const page = readFileSync(new URL('../docs/reference/access.md', import.meta.url), 'utf8');
const [, ...routeRows] = tableUnder(page, 'Routes');
const [levelHead = [], ...levelRows] = tableUnder(page, 'Levels');
const registered = await registeredRoutes();
const byText = (one: string[], other: string[]): number => one.join().localeCompare(other.join());

test('docs/reference/access.md names every route with its level, and no other', () => {
  const ours = registered.filter(({ method }) => method !== 'HEAD');
  const rows = ours.map(({ method, url, access = 'not declared' }) => [`${method} ${url}`, access]);
  assert.deepEqual(routeRows.toSorted(byText), rows.sort(byText));
});

test('a HEAD has the level of its GET', () => {
  const levels = (one: string) =>
    registered.filter(({ method }) => method === one).map((each) => [each.url, each.access]);
  assert.deepEqual(levels('HEAD'), levels('GET'));
});

test('every caller gets from every route what the matrix says', { timeout: 60_000 }, () =>
  inWorld(
    async (world) => {
      const callers = await makeCallers(world);
      assert.deepEqual(
        levelRows.map(([name]) => name),
        Object.keys(callers),
      );
      for (const [name = '', ...cells] of levelRows) {
        for (const each of registered) {
          const cell = cells[levelHead.indexOf(String(each.access)) - 1];
          const expected = cell?.startsWith('yes to read') ? (reads(each) ? 'yes' : 'reauthentication_required') : cell;
          const token = await callers[name]?.();
          const answer = await probe(world, each, token);
          assert.equal(outcome(answer, each), asSeen(expected, each), `${name}: ${each.method} ${each.url}`);
          assert.ok(answer.status < 500, `${each.method} ${each.url}: ${answer.status}`);
        }
      }
    },
    {},
    { argon2: quickHash },
  ),
);

test('a route that does not declare who may call it stops the start', async () => {
  const app = await createHttp(resolveOptions({ logLevel: 'silent' }), {
    clock: () => 0,
    findSession: async () => undefined,
    origins: () => [],
  });
  const undeclared = { method: 'GET', url: '/open', handler: async () => 'anything' } as const;
  assert.throws(() => app.route(undeclared), /^Error: GET \/open does not declare who may call it \(access\)$/);
  assert.throws(() => app.get('/open', { config: { page: true } }, async () => 'anything'), /does not declare/);
  await app.close();
});

test('a handler has a session where its level demands one, and none where it does not', () => {
  type Same<One, Other> = [One] extends [Other] ? ([Other] extends [One] ? true : false) : false;
  type SessionAt<Level extends Access> = Call<Level, undefined, undefined, undefined>['session'];
  // The compiler judges these; `npm run check` fails where one is not so.
  const none: Same<SessionAt<'anyone'>, undefined> = true;
  const some: Same<SessionAt<Exclude<Access, 'anyone'>>, Session> = true;
  const required: Same<Parameters<typeof route>[1]['access'], Access> = true;
  assert.ok(none && some && required);
});

const reads = ({ method }: Registered): boolean => method === 'GET' || method === 'HEAD';

/** A HEAD tells its status only. */
function asSeen(expected: string | undefined, { method }: Registered): string | undefined {
  return method === 'HEAD' && (expected === 'forbidden' || expected === 'reauthentication_required') ? '403' : expected;
}

/** What the access check said; `yes` for whatever came after it. Basic credentials are asked for by a handler. */
function outcome({ status, headers, body }: Answer, { method }: Registered): string {
  if (status === 401 && String(headers['www-authenticate']).startsWith('Bearer')) return 'unauthenticated';
  if (status === 403) return method === 'HEAD' ? '403' : body.code;
  return 'yes';
}

async function probe(world: World, { method, url }: Registered, token: string | undefined): Promise<Answer> {
  const path = url.replace(/:\w+|\*/g, 'nobody');
  // A form must come from our own page, whoever sends it; that is not what this test is about.
  const headers = { 'sec-fetch-site': 'same-origin' };
  return world.call(method as 'GET', path, { headers, ...(token === undefined ? {} : { token }) });
}

/** For each caller of the page, how he gets a token; a new one each time, because some routes end it. */
async function makeCallers(world: World): Promise<Record<string, () => Promise<string | undefined>>> {
  const administrator = await makePersonWithCode(world, 'root', true);
  const user = await makePerson(world, 'alice');
  const enrolling = await makePerson(world, 'erin', true);
  const changing = await makeShort(world);
  const gone = await makePerson(world, 'gone');
  const goneToken = await signIn(world, gone);
  await world.server.service.admin.change('operator', gone.id, { disabled: true });

  const fresh = (person: Person) => () => signIn(world, person);
  const stale = (person: Person) => async () => {
    const token = await signIn(world, person);
    world.turn(10 * minute);
    return token;
  };
  const ended = async () => {
    const token = await signIn(world, user);
    await world.call('DELETE', '/auth/sessions/current', { token });
    return token;
  };
  return {
    'no token': async () => undefined,
    'wrong token': async () => `csn_${'A'.repeat(43)}`,
    'ended session': ended,
    'disabled user': async () => goneToken,
    enrolling: fresh(enrolling),
    'enrolling, not fresh': stale(enrolling),
    'changing password': fresh(changing),
    'changing password, not fresh': stale(changing),
    user: fresh(user),
    'user, not fresh': stale(user),
    administrator: fresh(administrator),
    'administrator, not fresh': stale(administrator),
  };
}

/** Somebody whose short password was good enough for an administrator, and is the only factor now. */
async function makeShort(world: World): Promise<Person> {
  const password = 'kLm4+vQz';
  const { id } = await world.server.users.create({ name: 'pat', password, administrator: true });
  await world.server.service.admin.change('operator', id, { administrator: false });
  return { id, name: 'pat', password, basic: `pat:${password}` };
}
