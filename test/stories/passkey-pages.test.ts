/** A passkey alone on the sign-in page, request by request. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../src/clock.ts';
import type { RequestOptions } from '../call.ts';
import { makePersonWithPasskey } from '../passkeys.ts';
import { quickHash } from '../quick-hash.ts';
import { inQuickWorld } from '../quick-world.ts';
import { inWorld } from '../server.ts';
import { elements } from '../visitor/markup.ts';
import { type Visitor, visit } from '../visitor.ts';
import { assertShownAgain, cookiesIn, givePassword, kept, keptNames, sessionsOf } from './in-a-browser.ts';
import { alone, answer, asked, mustAsk, second } from './passkey-questions.ts';
import { isAlive } from './steps.ts';

test('every page with the sign-in form asks for a passkey, and the browser keeps for five minutes what it may answer by, of our making', () =>
  inQuickWorld(async (world) => {
    const challenges = new Set<string>();
    const tokens = new Set<string>();
    const visitor = visit(world);
    for (const url of ['/sign-in', '/', '/static/index.html', '/sign-in?return_to=/account/password']) {
      await visitor.open(url);
      const { challenge, rpId, userVerification, allowCredentials } = mustAsk(visitor);
      assert.deepEqual([rpId, userVerification, allowCredentials], ['localhost', 'required', []], url);
      challenges.add(challenge);
      tokens.add(kept(visitor, 'countersign-passkey') ?? '');
    }
    await givePassword(visitor, { name: 'nobody', password: 'wrong' });
    challenges.add(mustAsk(visitor).challenge);
    assert.equal(challenges.size, 5);
    assert.equal(tokens.size, 1, 'pages that are open at the same time do not take it from one another');
    assert.match([...tokens].join(), /^csc_[\w-]{43}$/);
    assert.match(String(visitor.headers['set-cookie']), /^countersign-passkey=.*Max-Age=300.*HttpOnly; SameSite=Lax$/);
    world.turn(5 * minute);
    assert.deepEqual(visitor.cookies, []);
    for (const planted of ['x', `csc_${'x'.repeat(42)}`, `csc_${'x'.repeat(44)}`]) {
      const headers = { cookie: `countersign-passkey=${planted}` };
      const answer = await world.call('POST', '/sign-in/passkey/options', { form: {}, headers });
      assert.match(cookiesIn(answer).join(), /^countersign-passkey=csc_[\w-]{43};/);
      assert.doesNotMatch(cookiesIn(answer).join(), new RegExp(`=${planted}`));
    }
  }));

test('a passkey signs in from the page, to where one wanted to go, and ends the session that the browser had', () =>
  inQuickWorld(async (world) => {
    const carol = await makePersonWithPasskey(world);
    const visitor = await answer(await visit(world).open('/sign-in'), carol, alone);
    assert.deepEqual([visitor.status, visitor.url, visitor.hops.map(({ status }) => status)], [200, '/account', [303]]);
    assert.match(visitor.page.text, /\bcarol\b/);
    assert.deepEqual(keptNames(visitor), ['countersign', 'countersign-browser']);
    const first = kept(visitor, 'countersign') ?? '';
    await visitor.open('/sign-in?return_to=/account/sessions');
    assert.match(
      visitor.text,
      /name="return_to" value="\/account\/sessions">\n<input type="hidden" name="credential">/,
    );
    await answer(visitor, carol, alone, { return_to: '/account/sessions' });
    assert.deepEqual(
      [visitor.url, await isAlive(world, first), sessionsOf(world, carol)],
      ['/account/sessions', false, 1],
    );
    for (const hostile of ['//evil.example', 'https://evil.example/', '/sign-out', '/account/../x']) {
      await visitor.open('/sign-in');
      await answer(visitor, carol, alone, { return_to: hostile });
      assert.equal(visitor.url, '/account', hostile);
    }
  }));

test('a refusal shows the sign-in page again, with what to do, another question, and no session', () =>
  inQuickWorld(async (world) => {
    const carol = await makePersonWithPasskey(world);
    const visitor = await visit(world).open('/sign-in');
    const credential = carol.device.get(mustAsk(visitor), { flags: { uv: false } });
    await visitor.post(alone, { credential: JSON.stringify(credential), return_to: '/account/password' });
    assertShownAgain(visitor, 401, /fingerprint, face or screen lock/, []);
    assert.equal(visitor.headers['www-authenticate'], 'Bearer realm="Countersign"', 'no dialog of the browser');
    assert.match(visitor.text, /name="return_to" value="\/account\/password"/);
    assert.doesNotMatch(visitor.text, /data-signal/);
    assert.doesNotMatch(visitor.text, /data-conditional/, 'a device that answers by itself would go on and on');
    await givePassword(visitor, { name: 'nobody', password: 'wrong' });
    assert.match(visitor.text, /data-conditional/);
    await answer(visitor, carol, alone);
    assert.equal(visitor.url, '/account');
    assert.equal(sessionsOf(world, carol), 1);
    await visitor.open(alone);
    assert.equal(visitor.url, '/sign-in', 'a page that answered a form is never asked for by itself');
  }));

test('an answer is good in the browser that was asked, within five minutes, and once', () =>
  inQuickWorld(async (world) => {
    const carol = await makePersonWithPasskey(world);
    const credential = JSON.stringify(carol.device.get(mustAsk(await visit(world).open('/sign-in'))));
    const refused = async (visitor: Visitor, text = credential): Promise<void> => {
      await visitor.post(alone, { credential: text });
      assertShownAgain(visitor, 401, /more than five minutes/, []);
    };
    await refused(visit(world));
    await refused(await visit(world).open('/sign-in'));
    const own = await visit(world).open('/sign-in');
    const answered = JSON.stringify(carol.device.get(mustAsk(own)));
    await own.post(alone, { credential: answered });
    await refused(own, answered);
    await own.open('/sign-in');
    const late = JSON.stringify(carol.device.get(mustAsk(own)));
    world.turn(5 * minute);
    await refused(own, late);
    assert.equal(sessionsOf(world, carol), 1);
  }));

test('a page that stands open gets newer options, bound to the same browser', () =>
  inQuickWorld(async (world) => {
    const carol = await makePersonWithPasskey(world);
    const visitor = await visit(world).open('/sign-in');
    const before = kept(visitor, 'countersign-passkey');
    world.turn(4 * minute);
    await visitor.post('/sign-in/passkey/options', {});
    assert.match(String(visitor.headers['content-type']), /^application\/json/);
    assert.equal(kept(visitor, 'countersign-passkey'), before);
    const options: RequestOptions = JSON.parse(visitor.text);
    world.turn(4 * minute);
    await visitor.post(alone, { credential: JSON.stringify(carol.device.get(options)) });
    assert.equal(visitor.url, '/account');
  }));

test('a passkey that nobody has here is signalled to its device, and one that somebody has is not', () =>
  inQuickWorld(async (world) => {
    const carol = await makePersonWithPasskey(world);
    const visitor = await visit(world).open('/sign-in');
    const signals = () =>
      elements(visitor.page.document, ({ attributes }) => attributes['data-signal'] !== undefined).map(
        ({ attributes }) => [attributes['data-signal'], JSON.parse(attributes['data-options'] ?? '')],
      );
    const stranger = Buffer.alloc(16, 7);
    await visitor.post(alone, { credential: JSON.stringify(carol.device.get(mustAsk(visitor), { id: stranger })) });
    assertShownAgain(visitor, 401, /does not sign in here/, []);
    const credentialId = stranger.toString('base64url');
    assert.deepEqual(signals(), [['signalUnknownCredential', { rpId: 'localhost', credentialId }]]);
    const options = mustAsk(visitor);
    await visitor.post(alone, {
      credential: JSON.stringify(carol.device.get(options, { signature: Buffer.alloc(70) })),
    });
    assertShownAgain(visitor, 401, /does not sign in here/, []);
    assert.deepEqual(signals(), []);
  }));

test('where the address of the service has a number in place of a name, nothing is offered and the password works', () =>
  inWorld(
    async (world) => {
      const { id } = await world.server.users.create({ name: 'alice', password: 'correct horse battery staple' });
      const visitor = await visit(world).open('/sign-in');
      assert.equal(asked(visitor), undefined);
      assert.doesNotMatch(visitor.text, /passkey/i);
      assert.deepEqual(visitor.cookies, []);
      await visitor.post(alone, { credential: '{}' });
      assert.equal(visitor.status, 422);
      await visitor.post('/sign-in/passkey/options', {});
      assert.equal(visitor.status, 403);
      await givePassword(visitor, { name: 'alice', password: 'correct horse battery staple' });
      assert.deepEqual([visitor.url, sessionsOf(world, { id })], ['/account', 1]);
    },
    { publicUrl: 'https://192.0.2.7', trustProxy: ['127.0.0.1'] },
    { argon2: quickHash },
  ));

test('another site can neither answer for a browser nor ask for it', () =>
  inQuickWorld(async (world) => {
    const carol = await makePersonWithPasskey(world);
    const visitor = await visit(world).open('/sign-in');
    const form = { credential: JSON.stringify(carol.device.get(mustAsk(visitor))) };
    const cookie = visitor.cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
    for (const site of ['cross-site', 'same-site', 'none'])
      for (const url of [alone, '/sign-in/passkey/options', second, '/reauthenticate/passkey']) {
        const { status, headers } = await world.call('POST', url, {
          form,
          headers: { cookie, 'sec-fetch-site': site },
        });
        assert.deepEqual([status, headers['set-cookie']], [403, undefined], `${site} ${url}`);
      }
    assert.equal(sessionsOf(world, carol), 0);
    await visitor.post(alone, form);
    assert.equal(visitor.url, '/account');
  }));
