import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../src/clock.ts';
import { type Caller, halfSignIn, type Input, inputs, makeCaller } from './inputs.ts';
import { quickHash } from './quick-hash.ts';
import { registeredRoutes } from './routes.ts';
import {
  type Answer,
  type CallOptions,
  freshCode,
  inWorld,
  makePerson,
  makePersonWithCode,
  signIn,
  type World,
} from './server.ts';
import { visit } from './visitor.ts';

const parts = { argon2: quickHash };
const secure = { publicUrl: 'https://sign-in.example', trustProxy: ['127.0.0.1'] };

const ninetyDays = 90 * 24 * 3600;

test('no route sets a cookie unless it signs somebody in or out, or shows the form for it', () =>
  inWorld(
    async (world) => {
      const caller = await makeCaller(world);
      const setting: string[] = [];
      for (const { method, url } of await registeredRoutes()) {
        const input = inputs.find((each) => each.method === method && each.url === url);
        const headers = { 'sec-fetch-site': 'same-origin', cookie: await bothCookies(world, caller) };
        const path = caller.address(url).replace(/:\w+|\*/g, 'x');
        const answer = await world.call(method as 'GET', path, { ...(input ? bodyOf(input) : {}), headers });
        if (answer.headers['set-cookie'] !== undefined) setting.push(`${method} ${url}`);
      }
      const withForm = ['GET', 'HEAD', 'POST'].map((method) => `${method} /sign-in`);
      assert.deepEqual(setting, [
        ...withForm,
        'POST /sign-in/passkey',
        'POST /sign-in/passkey/options',
        'POST /sign-out',
      ]);
    },
    {},
    parts,
  ));

for (const [name, options] of Object.entries({ 'over plain HTTP on loopback': {}, 'over HTTPS': secure })) {
  test(`what a browser keeps is for no script and no other site, and gone when it is over, ${name}`, () =>
    inWorld(
      async (world) => {
        const bob = await makePersonWithCode(world);
        const { name: username, password, secret = Buffer.of(), recoveryCodes: [recovery_code = ''] = [] } = bob;
        const https = options === secure;
        const session = https ? '__Host-countersign' : 'countersign';
        const half = `${session}-sign-in`;
        const browser = `${session}-browser`;
        const kept = new Map<string, string>();
        /** Posts with what the browser keeps, and answers what it is told to keep, in seconds; 0 is nothing any more. */
        const post = async (url: string, form: Record<string, string>): Promise<Record<string, number>> => {
          const cookie = [...kept].map((pair) => pair.join('=')).join('; ');
          const answer = await world.call('POST', url, { form, headers: cookie ? { cookie } : {} });
          assert.equal(answer.status, 303, `${url}: ${answer.text}`);
          const set = linesOf(answer).map((line) => read(line, https));
          for (const each of set) each.seconds > 0 ? kept.set(each.name, each.value) : kept.delete(each.name);
          return Object.fromEntries(set.map(({ name, seconds }) => [name, seconds]));
        };
        assert.deepEqual(await post('/sign-in', { username, password }), { [half]: 300 });
        assert.match(kept.get(half) ?? '', /^csh_[\w-]{43}$/);
        const signedIn = await post('/sign-in/code', { otp: freshCode(world, secret) });
        assert.deepEqual(signedIn, { [half]: 0, [session]: 24 * 3600, [browser]: ninetyDays });
        const token = kept.get(session) ?? '';
        assert.match(token, /^csn_[\w-]{43}$/);
        const knownBy = kept.get(browser) ?? '';
        assert.match(knownBy, /^csb_[\w-]{43}$/);

        world.turn(10 * minute);
        const seconds = 24 * 3600 - 600;
        const again = { password, otp: freshCode(world, secret) };
        assert.deepEqual(await post('/reauthenticate', again), { [session]: seconds - 30 });
        assert.notEqual(kept.get(session), token);
        assert.equal((await world.call('GET', '/me', { token })).status, 401, 'the token before is void');

        await post('/sign-in', { username, password });
        const recovered = await post('/sign-in/recovery-code', { recovery_code });
        assert.deepEqual(recovered, { [half]: 0, [session]: 24 * 3600, [browser]: ninetyDays });
        await post('/sign-in', { username, password });
        assert.deepEqual(await post('/sign-out', {}), { [session]: 0, [half]: 0 });
        assert.deepEqual([...kept], [[browser, knownBy]], 'what it is known by stays, and stays the same');
        assert.deepEqual(await post('/sign-out', {}), {}, 'who has nothing is told to forget nothing');
      },
      options,
      parts,
    ));
}

test('over HTTPS a cookie that another host, or plain HTTP, could have set is not looked at', () =>
  inWorld(
    async (world) => {
      const { person } = await makeCaller(world);
      const token = await signIn(world, person);
      const open = (cookie: string) => world.call('GET', '/account', { headers: { cookie } });
      assert.equal((await open(`countersign=${token}`)).headers['location'], '/sign-in?return_to=%2Faccount');
      assert.equal((await open(`__Host-countersign=${token}`)).status, 200);
    },
    secure,
    parts,
  ));

test('two cookies of our name in one request count as none, in either order', () =>
  inWorld(
    async (world) => {
      const { person, other } = await makeCaller(world);
      const [one, two] = [await signIn(world, person), await signIn(world, other)];
      const half = (await halfSignIn(world, person)).split('=')[1];
      const open = async (url: string, cookie: string) => {
        const { status, headers } = await world.call('GET', url, { headers: { cookie } });
        return [status, headers['location']];
      };
      for (const cookie of [
        `countersign=${one}; countersign=${two}`,
        `countersign=${two};countersign=${one}`,
        `countersign=; countersign=${one}`,
        `a=b; countersign=${one}; c=d; countersign=${one}`,
      ])
        assert.deepEqual(await open('/account', cookie), [303, '/sign-in?return_to=%2Faccount'], cookie);
      const halves = `countersign-sign-in=${half}; countersign-sign-in=x`;
      assert.deepEqual(await open('/sign-in/code', halves), [303, '/sign-in?done=expired']);
      const others = `countersign=${one}; countersign-other=${two}; xcountersign=${two}; countersign-sign-in=${half}`;
      assert.equal((await open('/account', others))[0], 200, 'what only begins or ends like it is another');
    },
    {},
    parts,
  ));

test('a browser whose session has ended elsewhere is told so where it signs in, and goes back to where it was', () =>
  inWorld(
    async (world) => {
      const alice = await makePerson(world);
      const visitor = visit(world);
      const { name: username, password } = alice;
      await visitor.open('/account/sessions');
      assert.equal(visitor.page.status, '', 'who had none is told of none');
      await visitor.submit({ username, password });
      await world.server.sessions.endAll(alice.id);
      await visitor.open('/account/sessions');
      assert.equal(visitor.path, '/sign-in');
      assert.match(visitor.page.status, /^Your session has ended\./);
      await visitor.submit({ username, password });
      assert.equal(visitor.url, '/account/sessions');
    },
    {},
    parts,
  ));

interface Kept {
  name: string;
  value: string;
  seconds: number;
}

/** Reads a Set-Cookie line, which has every attribute that it must have and no other. */
function read(line: string, https: boolean): Kept {
  const [pair = '', ...attributes] = line.split('; ');
  const [name = '', value = ''] = pair.split('=');
  const seconds = Number(attributes.find((each) => each.startsWith('Max-Age='))?.slice('Max-Age='.length));
  const wanted = [`Max-Age=${seconds}`, 'Path=/', 'HttpOnly', 'SameSite=Lax', ...(https ? ['Secure'] : [])];
  assert.deepEqual(attributes.toSorted(), wanted.toSorted(), line);
  return { name, value, seconds };
}

const linesOf = ({ headers }: Answer): string[] => [headers['set-cookie'] ?? []].flat().map(String);

async function bothCookies(world: World, { person }: Caller): Promise<string> {
  return `countersign=${await signIn(world, person)}; ${await halfSignIn(world, person)}`;
}

/** A body that is read and judged; what it holds is wrong. */
function bodyOf({ type, members }: Input): CallOptions {
  return type === 'application/json' ? { body: members } : { form: members as Record<string, string> };
}
