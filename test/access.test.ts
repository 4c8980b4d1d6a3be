import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { minute } from '../src/clock.ts';
import { type Access, countRequests, createHttp, type Session } from '../src/http/http.ts';
import type { Call, route } from '../src/http/route.ts';
import { resolveOptions } from '../src/options.ts';
import { softwareAuthenticator } from './authenticator.ts';
import { halfSignIn } from './inputs.ts';
import { addPasskey, makePersonWithPasskey, tokenByPasskey } from './passkeys.ts';
import { quickHash } from './quick-hash.ts';
import { type Registered, registeredRoutes, tableUnder } from './routes.ts';
import {
  type Answer,
  type CallOptions,
  inWorld,
  makePerson,
  makePersonWithCode,
  type Person,
  signIn,
  type World,
} from './server.ts';
import { dump } from './tables.ts';

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

/** They make a secret where there is none. */
const withoutHead = ['/auth/otp/generate', '/account/authenticator'];

test('a HEAD has the level of its GET, and is there unless the GET makes something', () => {
  const levels = (one: string) =>
    registered.filter(({ method }) => method === one).map((each) => [each.url, each.access]);
  const heads = levels('GET').filter(([url]) => !withoutHead.includes(String(url)));
  assert.deepEqual(levels('HEAD'), heads);
});

test('a HEAD of what makes something is no method of it, and makes nothing', () =>
  inWorld(
    async (world) => {
      const token = await signIn(world, await makePerson(world));
      const before = dump(world);
      for (const url of withoutHead) {
        const { status, headers } = await world.call('HEAD', url, { token });
        assert.deepEqual([status, /HEAD/.test(String(headers['allow']))], [405, false], url);
      }
      assert.deepEqual(dump(world), before);
    },
    {},
    { argon2: quickHash },
  ));

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
          const answer = await probe(world, each, (await callers[name]?.()) ?? {});
          assert.equal(outcome(answer, each, name), asSeen(expected, each), `${name}: ${each.method} ${each.url}`);
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
    lookups: {
      findSession: async () => undefined,
      findHalfSignIn: async () => undefined,
      findServiceToken: async () => undefined,
    },
    origins: () => [],
    inFlight: countRequests(),
  });
  const undeclared = { method: 'GET', url: '/open', handler: async () => 'anything' } as const;
  assert.throws(() => app.route(undeclared), /^Error: GET \/open does not declare who may call it \(access\)$/);
  assert.throws(() => app.get('/open', { config: { page: '/open' } }, async () => 'anything'), /does not declare/);
  await app.close();
});

test('a handler has a session where its level demands one, and none where it does not', () => {
  type Same<One, Other> = [One] extends [Other] ? ([Other] extends [One] ? true : false) : false;
  type SessionAt<Level extends Access> = Call<Level, undefined, undefined, undefined>['session'];
  // The compiler judges these; `npm run check` fails where one is not so.
  const none: Same<SessionAt<'anyone'>, undefined> = true;
  const half: Same<SessionAt<'half signed in'>, undefined> = true;
  const either: Same<SessionAt<'administrator or service token'>, Session | undefined> = true;
  const some: Same<
    SessionAt<Exclude<Access, 'anyone' | 'half signed in' | 'administrator or service token'>>,
    Session
  > = true;
  const required: Same<Parameters<typeof route>[1]['access'], Access> = true;
  assert.ok(none && half && either && some && required);
});

const reads = ({ method }: Registered): boolean => method === 'GET' || method === 'HEAD';

/** A HEAD tells its status only; a page tells where to go. */
function asSeen(expected: string | undefined, { method, page }: Registered): string | undefined {
  const refused = expected === 'forbidden' || expected === 'reauthentication_required';
  return method === 'HEAD' && !page && refused ? '403' : expected;
}

/** What the access check said; `yes` for whatever came after it. Basic credentials are asked for by a handler. */
function outcome({ status, headers, body }: Answer, { method, page, access }: Registered, caller: string): string {
  if (status === 401 && String(headers['www-authenticate']).startsWith('Bearer')) return 'unauthenticated';
  if (status === 403) return method === 'HEAD' && !page ? '403' : (body.code ?? 'forbidden');
  if (!page || access === 'anyone' || status !== 303) return 'yes';
  // Nobody sends a code here, so whoever is sent away was not let in.
  if (access === 'half signed in') return 'unauthenticated';
  const answer = wayOut(String(headers.location), caller);
  // Where nothing has to be fresh, the page leads there by itself.
  return answer === 'reauthentication_required' && access === 'signed in' && !/^(enrolling|changing)/.test(caller)
    ? 'yes'
    : answer;
}

/** What a page means by sending somebody elsewhere. */
function wayOut(location: string, caller: string): string {
  const limited = /^(enrolling|changing password)/.test(caller);
  if (location.startsWith('/sign-in')) return limited ? 'reauthentication_required' : 'unauthenticated';
  if (location.startsWith('/reauthenticate')) return 'reauthentication_required';
  const mended = /^\/account\/(authenticator|password)(\?return_to=|$)/.test(location);
  return limited && mended ? 'forbidden' : 'yes';
}

async function probe(world: World, { method, url }: Registered, caller: CallOptions): Promise<Answer> {
  const path = url.replace(/:\w+|\*/g, 'nobody');
  // A form must come from our own page, whoever sends it; that is not what this test is about.
  return world.call(method as 'GET', path, {
    ...caller,
    headers: { 'sec-fetch-site': 'same-origin', ...caller.headers },
  });
}

type Caller = () => Promise<CallOptions>;

/** For each caller of the page, how he gets what he sends; new each time, because some routes end it. */
async function makeCallers(world: World): Promise<Record<string, Caller>> {
  const administrator = await makePersonWithCode(world, 'root', true);
  // With both kinds of second factor every page of the next step is shown.
  const both = await makePersonWithCode(world, 'both');
  await addPasskey(world, await signIn(world, both), softwareAuthenticator());
  const user = await makePerson(world, 'alice');
  const enrolling = await makePerson(world, 'erin', true);
  const changing = await makeShort(world);
  const gone = await makePerson(world, 'gone');
  const goneToken = await signIn(world, gone);
  await world.server.service.admin.change('operator', gone.id, { disabled: true });

  const fresh = (person: Person) => async () => ({ token: await signIn(world, person) });
  const stale = (person: Person) => async () => {
    const token = await signIn(world, person);
    world.turn(10 * minute);
    return { token };
  };
  const ended = async () => {
    const token = await signIn(world, user);
    await world.call('DELETE', '/auth/sessions/current', { token });
    return { token };
  };
  const { device } = await makePersonWithPasskey(world);
  const holder = async () => ({ token: await tokenByPasskey(world, device) });
  const cookie = async () => ({ headers: { cookie: `countersign=${await signIn(world, user)}` } });
  return {
    'no token': async () => ({}),
    'wrong token': async () => ({ token: `csn_${'A'.repeat(43)}` }),
    'ended session': ended,
    'disabled user': async () => ({ token: goneToken }),
    'half signed in': async () => ({ headers: { cookie: await halfSignIn(world, both) } }),
    enrolling: fresh(enrolling),
    'enrolling, not fresh': stale(enrolling),
    'changing password': fresh(changing),
    'changing password, not fresh': stale(changing),
    user: fresh(user),
    'user, by cookie': cookie,
    'user, not fresh': stale(user),
    'user, by a passkey': holder,
    'user, by a passkey, not fresh': async () => {
      const caller = await holder();
      world.turn(10 * minute);
      return caller;
    },
    administrator: fresh(administrator),
    'administrator, not fresh': stale(administrator),
    'service token': await program(world, administrator),
  };
}

async function program(world: World, administrator: Person): Promise<Caller> {
  const token = await signIn(world, administrator);
  const { body } = await world.call('POST', '/service-tokens', { token, body: { name: 'sync' } });
  return async () => ({ token: body.token });
}

/** Somebody whose short password was good enough for an administrator, and is the only factor now. */
async function makeShort(world: World): Promise<Person> {
  const password = 'kLm4+vQz';
  const { id } = await world.server.users.create({ name: 'pat', password, administrator: true });
  await world.server.service.admin.change('operator', id, { administrator: false });
  return { id, name: 'pat', password, basic: `pat:${password}` };
}
