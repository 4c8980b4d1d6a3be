import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultLimits } from '../src/throttle/throttle.ts';
import { foreignTargets } from './foreign-targets.ts';
import { quickHash } from './quick-hash.ts';
import { codeAt, freshCode, inWorld, makePerson, makePersonWithCode, secretOf, signIn, type World } from './server.ts';
import { begin, cookiesIn, secretIn } from './stories/in-a-browser.ts';
import { enable } from './stories/steps.ts';
import { readPage } from './visitor/page.ts';

/** Nobody is led to another host, whatever a link that he followed says: it is as if it had named no page. */
// More targets than one network has tries.
const wide = { ...defaultLimits.network, free: 1000 };
const inQuickWorld = (story: (world: World) => Promise<void>): Promise<void> =>
  inWorld(story, {}, { argon2: quickHash, limits: { ...defaultLimits, network: wide } });

const waysIn = ['/sign-in', '/sign-out', '/reauthenticate', '/setup', '/invitation'];
const noTargets = waysIn.flatMap((path) => [path, `${path}?token=csl_x`, `${path}/code`]);
const all = [...foreignTargets, ...noTargets, `/${'a'.repeat(2000)}`];

/** What a page would carry on: hidden fields, and links that hold a return target. */
function carried(text: string): string[] {
  const { forms, links } = readPage(text);
  const fields = forms.flatMap((form) => form.fields).filter(({ name }) => name === 'return_to');
  return [
    ...fields.map(({ value }) => value),
    ...links.map(({ href }) => href).filter((each) => /return_to/.test(each)),
  ];
}

const open = async (world: World, path: string, target: string, token: string): Promise<string> => {
  const headers = { cookie: `countersign=${token}` };
  const answer = await world.call('GET', `${path}?return_to=${encodeURIComponent(target)}`, { headers });
  assert.equal(answer.status, 200, target);
  return answer.text;
};

test('a link to the sign-in page carries no other host on, and neither does the form sent with one', () =>
  inQuickWorld(async (world) => {
    const { name: username, password } = await makePerson(world);
    for (const target of all) {
      assert.deepEqual(carried(await open(world, '/sign-in', target, '')), [], target);
      const wrong = await world.call('POST', '/sign-in', { form: { username, password: 'x', return_to: target } });
      assert.deepEqual([wrong.status, carried(wrong.text)], [422, []], target);
      const right = await world.call('POST', '/sign-in', { form: { username, password, return_to: target } });
      assert.deepEqual([right.status, right.headers['location']], [303, '/account'], target);
    }
  }));

test('nor does a half sign-in, which keeps where a person wanted to go', () =>
  inQuickWorld(async (world) => {
    const { name: username, password, ...bob } = await makePersonWithCode(world, 'bob');
    for (const target of all) {
      const half = await world.call('POST', '/sign-in', { form: { username, password, return_to: target } });
      const [cookie = ''] = (cookiesIn(half)[0] ?? '').split(';');
      const form = { otp: freshCode(world, secretIn({ ...bob, name: username, password })) };
      const answer = await world.call('POST', '/sign-in/code', { form, headers: { cookie } });
      assert.deepEqual([answer.status, answer.headers['location']], [303, '/account'], target);
    }
  }));

test('nor does proving again who one is', () =>
  inQuickWorld(async (world) => {
    const alice = await makePerson(world);
    const bob = await makePersonWithCode(world);
    const [one, two] = [await signIn(world, alice), await signIn(world, bob)];
    let token = one;
    for (const target of all) {
      assert.deepEqual(carried(await open(world, '/reauthenticate', target, two)), [], target);
      const headers = { cookie: `countersign=${token}` };
      const form = { password: alice.password, return_to: target };
      const answer = await world.call('POST', '/reauthenticate', { form, headers });
      assert.deepEqual([answer.status, answer.headers['location']], [303, '/account'], target);
      token = /countersign=(csn_[^;]+)/.exec(cookiesIn(answer).join())?.[1] ?? '';
    }
  }));

test('nor does setting up an authenticator', () =>
  inQuickWorld(async (world) => {
    let token = await signIn(world, await makePerson(world));
    for (const target of all) {
      const post = (otp: string) => {
        const headers = { cookie: `countersign=${token}` };
        return world.call('POST', '/account/authenticator', { form: { otp, return_to: target }, headers });
      };
      assert.deepEqual(carried(await open(world, '/account/authenticator', target, token)), [], target);
      const wrong = await post('12345');
      assert.deepEqual([wrong.status, carried(wrong.text)], [422, []], target);
      const answer = await post(codeAt(await secretOf(world, token), world.now()));
      const { text, status } = answer;
      token = /countersign=(csn_[^;]+)/.exec(cookiesIn(answer).join())?.[1] ?? '';
      const onwards = readPage(text).forms.filter(({ inMain }) => inMain);
      assert.deepEqual([status, onwards.map(({ action }) => action)], [200, ['/account']], target);
      assert.equal((await enable(world, token, { enabled: false })).status, 200);
    }
  }));

test('a page that leads to signing in names itself as the way back, and nothing that its address carries', () =>
  inQuickWorld(async (world) => {
    const bob = await makePersonWithCode(world);
    const half = await begin(world, bob);
    for (const target of all) {
      for (const url of [`/account?next=${encodeURIComponent(target)}`, `/account?${target.replace(/\s|#/g, '')}`]) {
        for (const cookie of ['', `countersign-sign-in=${half}`]) {
          const { status, headers } = await world.call('GET', encodeURI(url), { headers: { cookie } });
          assert.equal(status, 303, url);
          const to = new URL(String(headers['location']), 'http://localhost:8000');
          assert.equal(to.host, 'localhost:8000', url);
          const back = new URL(to.searchParams.get('return_to') ?? '/', to);
          assert.deepEqual([back.host, ['/', '/account'].includes(back.pathname)], ['localhost:8000', true], url);
        }
      }
    }
  }));
