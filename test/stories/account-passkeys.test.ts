/** A person's own page about passkeys: adding, naming and removing them, and what is said before each. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../src/clock.ts';
import { softwareAuthenticator, type Wrong } from '../authenticator.ts';
import { addPasskey, makePersonWithPasskey, signInWithPasskey, tokenByPasskey } from '../passkeys.ts';
import { makePerson, signIn } from '../server.ts';
import { dump } from '../tables.ts';
import { elements, textOf } from '../visitor/markup.ts';
import { type Visitor, visit } from '../visitor.ts';
import { assertMistake, codesOn, enter, onPages, primary, unchanged, wrongFields } from './account-steps.ts';
import { kept } from './in-a-browser.ts';
import { cardsOn, enterByPasskey, passkeyForms, passkeyIds, usePasskey } from './passkey-form.ts';
import { isAlive, tokenOf, tryToSignIn } from './steps.ts';

const url = '/account/passkeys';

test('who has none is told what one is; the first is added with recovery codes, and signs in from then on', () =>
  onPages(async (world) => {
    const alice = await makePerson(world);
    const other = await signIn(world, alice);
    const userAgent = 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0';
    const visitor = await (await enter(world, alice, { userAgent })).open(url);
    assert.equal(visitor.page.h1, 'Your passkeys');
    assert.match(
      visitor.page.text,
      /fingerprint, face or screen lock.*no password that somebody.*only on this site, localhost:/,
    );
    assert.match(visitor.page.text, /password alone no longer signs you in\. You get recovery codes/);
    assert.match(
      visitor.page.text,
      /takes JavaScript.* its own address, http:\/\/localhost:8000:/,
      'without a script there is no button, and it says so',
    );
    const [form] = passkeyForms(visitor);
    assert.equal(form?.does, 'create');
    assert.deepEqual(form.fields, { username: 'alice', name: 'Firefox on Linux' });
    const { authenticatorSelection, excludeCredentials } = form.options;
    assert.deepEqual(excludeCredentials, []);
    assert.deepEqual(authenticatorSelection, {
      residentKey: 'required',
      requireResidentKey: true,
      userVerification: 'required',
    });

    const before = kept(visitor, 'countersign') ?? '';
    const device = softwareAuthenticator();
    await usePasskey(visitor, device);
    assert.deepEqual([visitor.status, visitor.url, visitor.headers['cache-control']], [200, url, 'no-store']);
    const codes = codesOn(visitor);
    assert.match(visitor.page.text, /If you lose your passkeys, .* together with your password/);
    assert.match(visitor.page.text, /not only on the device that your passkey is on/);
    assert.deepEqual([await isAlive(world, before), await isAlive(world, other)], [false, false]);
    assert.equal(await isAlive(world, kept(visitor, 'countersign') ?? ''), true, 'this one goes on, by a new token');
    await visitor.submit();
    assert.equal(visitor.url, '/account?done=passkey');
    assert.equal(visitor.page.status, 'Your passkey is added: it signs you in from now on.');
    assert.match(visitor.page.text, /Passkeys 1 Password Set Authenticator app None Recovery codes left 10 /);
    assert.equal((await signInWithPasskey(world, device)).status, 200);
    assert.equal((await tryToSignIn(world, alice)).body.status, 1);
    await tokenOf(world, alice, { recovery_code: codes[0] ?? '' });
  }));

test('further ones bring no codes; each is a card with what is known of it, and is left out for its own device', () =>
  onPages(async (world) => {
    const carol = await makePersonWithPasskey(world);
    world.turn(minute);
    const visitor = await enterByPasskey(world, carol.device);
    await visitor.open(url);
    const [held] = carol.device.held;
    assert.deepEqual(
      passkeyForms(visitor)[0]?.options.excludeCredentials.map(({ id }) => id),
      [held?.id.toString('base64url')],
    );
    assert.match(visitor.page.text, /^Your passkeys Each of these signs you in/);
    assert.match(visitor.page.text, /Phone Added 22 Nov 2026, 12:00 UTC Last used 22 Nov 2026, 12:01 UTC /);
    assert.match(visitor.page.text, /Kept Synced between your devices/);
    await usePasskey(visitor, softwareAuthenticator({ synced: false }), { values: { name: 'Key in the drawer' } });
    assert.equal(visitor.url, `${url}?done=added`);
    assert.match(visitor.page.status, /^Your passkey is added: it signs you in from now on\./);
    assert.deepEqual(cardsOn(visitor), ['Phone', 'Key in the drawer']);
    assert.match(
      visitor.page.text,
      /Key in the drawer Added 22 Nov 2026, 12:01 UTC Last used Never Kept On one device only/,
    );
    assert.match((await visitor.open('/account')).page.text, /Passkeys 2 .*Recovery codes left 10 /);
    assert.equal((await visitor.open(`${url}?done=<b>`)).page.status, '');
  }));

test('a name is suggested that none of them has', () =>
  onPages(async (world) => {
    const alice = await makePerson(world);
    const visitor = await (await enter(world, alice)).open(url);
    await usePasskey(visitor, softwareAuthenticator());
    for (const name of ['Visitor 2', 'Visitor 3']) {
      await visitor.open(url);
      assert.equal(passkeyForms(visitor)[0]?.fields['name'], name);
      await usePasskey(visitor, softwareAuthenticator());
    }
    const strange = await enter(world, await makePerson(world, 'bob'), { userAgent: '\u{202e}\u{200b}' });
    assert.equal(passkeyForms(await strange.open(url))[0]?.fields['name'], 'Passkey');
  }));

test('what goes wrong is said in words, with a new question, and nothing is kept', () =>
  onPages(async (world) => {
    const carol = await makePersonWithPasskey(world);
    const visitor = await (await enterByPasskey(world, carol.device)).open(url);
    const challenges = new Set([passkeyForms(visitor)[0]?.options.challenge]);
    const [held] = carol.device.held;
    const kept = passkeyIds(world);
    const faults: [Wrong, number, RegExp][] = [
      [
        held ? { id: held.id } : {},
        409,
        /^That passkey is registered already\. To add another one, use another device/,
      ],
      [{ flags: { uv: false } }, 422, /^The device has not verified you: use its fingerprint, face or screen lock/],
      [{ origin: 'https://evil.example' }, 422, /by its own address and try again/],
    ];
    for (const [wrong, status, said] of faults) {
      await usePasskey(visitor, softwareAuthenticator(), { values: { name: 'Mine' }, wrong });
      assertMistake(visitor, status, said);
      assert.equal(passkeyForms(visitor)[0]?.fields['name'], 'Mine', 'what was typed is still there');
      challenges.add(passkeyForms(visitor)[0]?.options.challenge);
      assert.deepEqual(passkeyIds(world), kept);
    }
    assert.equal(challenges.size, 4);
    for (const name of ['', ' ', 'x'.repeat(65), 'two\nlines']) {
      await visitor.open(url);
      await usePasskey(visitor, softwareAuthenticator(), { values: { name } });
      assertMistake(visitor, 422, /^A name has 1 to 64 visible characters\.$/);
      assert.deepEqual(wrongFields(visitor), ['name']);
    }
    assert.deepEqual(passkeyIds(world), kept);
    for (const credential of ['', '{', '[]', '{}', 'x'.repeat(9000)])
      assert.equal((await visitor.post(url, { name: 'x', credential })).status, 422, credential.slice(0, 9));
  }));

test('twenty are enough: then the page has no form for another one', () =>
  onPages(async (world) => {
    const carol = await makePersonWithPasskey(world);
    const token = await tokenByPasskey(world, carol.device);
    for (let index = 1; index < 20; index += 1) await addPasskey(world, token, softwareAuthenticator());
    const visitor = await (await enterByPasskey(world, carol.device)).open(url);
    assert.equal(cardsOn(visitor).length, 20);
    assert.deepEqual(passkeyForms(visitor), []);
    assert.match(visitor.page.text, /at most 20 passkeys/);
  }));

test('a passkey gets another name, which is text whatever it is', () =>
  onPages(async (world) => {
    const carol = await makePersonWithPasskey(world);
    const visitor = await (await enterByPasskey(world, carol.device)).open(url);
    const hostile = `"><script>alert('1')</script><b>`;
    await visitor.submit({ name: hostile }, { form: /rename$/ });
    assert.equal(visitor.url, `${url}?done=renamed`);
    const rows = dump(world)['audit']?.length;
    await visitor.submit({ name: hostile }, { form: /rename$/ });
    assert.equal(dump(world)['audit']?.length, rows, 'nothing has happened that would have to be written down');
    assert.equal(visitor.page.status, 'Your passkey has its new name.');
    assert.deepEqual(cardsOn(visitor), [hostile]);
    assert.doesNotMatch(visitor.text, /<script>|<b>/);
    await unchanged(world, () => visitor.submit({ name: 'x'.repeat(65) }, { form: /rename$/ }));
    assertMistake(visitor, 422, /^A name has 1 to 64 visible characters\.$/);
    assert.deepEqual(wrongFields(visitor), ['name']);
    assert.match(visitor.text, /<details open>\s*<summary>Rename/);
    assert.deepEqual(passkeyForms(visitor), [], 'one thing at a time');
  }));

test('the passkeys of others cannot be named or removed, nor seen', () =>
  onPages(async (world) => {
    const carol = await makePersonWithPasskey(world);
    const { passkeyId: theirs } = await makePersonWithPasskey(world, 'dave');
    const visitor = await (await enterByPasskey(world, carol.device)).open(url);
    assert.ok(!visitor.text.includes(theirs));
    for (const id of [theirs, 'nobody', '']) {
      for (const [verb, fields] of Object.entries({ rename: { name: 'x' }, remove: { accept: 'no_way_in' } })) {
        await unchanged(world, () => visitor.post(`${url}/${verb}`, { id, ...fields }));
        assertMistake(visitor, 404, /^That passkey is gone\./);
      }
    }
  }));

test('where the service is reached by an address there can be no passkeys: the page says so, and nothing offers any', () =>
  onPages(
    async (world) => {
      const visitor = await enter(world, await makePerson(world));
      assert.deepEqual(primary(visitor), ['/account/authenticator']);
      await visitor.open(url);
      assert.deepEqual([visitor.status, passkeyForms(visitor)], [200, []]);
      assert.match(visitor.page.text, /^Your passkeys No passkey can be added here: passkeys need a host name/);
      assert.doesNotMatch(visitor.page.text, /With a passkey|an imitation/, 'nothing is praised that cannot be had');
      assert.deepEqual(primary(await visitor.open('/account/recovery-codes')), ['/account/authenticator']);
      assert.equal((await world.call('GET', '/.well-known/passkey-endpoints')).status, 404);
    },
    { publicUrl: 'http://127.0.0.1:8000' },
  ));

test('it is all for a session that has just proved itself', () =>
  onPages(async (world) => {
    const carol = await makePersonWithPasskey(world);
    const visitor = await (await enterByPasskey(world, carol.device)).open(url);
    const [form] = passkeyForms(visitor);
    assert.ok(form);
    const credential = JSON.stringify(softwareAuthenticator().create(form.options));
    const [id = ''] = passkeyIds(world);
    world.turn(10 * minute);
    for (const [path, fields] of [
      [url, { name: 'x', credential }],
      [`${url}/rename`, { id, name: 'x' }],
      [`${url}/remove`, { id }],
    ] as const) {
      await unchanged(world, () => visitor.post(path, fields));
      assert.equal(visitor.url, '/reauthenticate?return_to=%2Faccount%2Fpasskeys', path);
    }
    assert.equal((await visitor.open(url)).path, '/reauthenticate');
    assert.equal((await visit(world).open(url)).url, '/sign-in?return_to=%2Faccount%2Fpasskeys');
  }));

test('a passkey that may have been copied is told to its owner until it is removed', () =>
  onPages(async (world) => {
    const device = softwareAuthenticator({ counts: true });
    const carol = await makePersonWithPasskey(world, 'carol', { device });
    await signInWithPasskey(world, device);
    await signInWithPasskey(world, device);
    assert.equal((await signInWithPasskey(world, device, { count: 1 })).status, 401);
    const warned = ({ page }: Visitor): string[] =>
      elements(page.document, ({ attributes }) => attributes['class'] === 'warning').map(textOf);
    const visitor = await enterByPasskey(world, device);
    const [said = '', ...more] = warned(visitor);
    assert.match(said, /^The passkey “Phone” was refused and may have been copied: its counter has gone back\. 22 Nov/);
    assert.match(said, /from 127\.0\.0\.1\. Look after your passkeys: remove that one/);
    assert.deepEqual(more, []);
    assert.doesNotMatch(visitor.page.text, /well protected/);
    await visitor.open(url);
    await usePasskey(visitor, softwareAuthenticator(), { values: { name: 'New' } });
    await visitor.open(url);
    await usePasskey(visitor, softwareAuthenticator(), { values: { name: 'Newer' } });
    await visitor.post(`${url}/remove`, { id: passkeyIds(world).find((id) => id !== carol.passkeyId) ?? '' });
    assert.equal(passkeyIds(world).length, 2);
    assert.deepEqual(warned(await visitor.open('/account')), [said], 'another one that goes mends nothing');
    await visitor.post(`${url}/remove`, { id: carol.passkeyId });
    assert.deepEqual(warned(await visitor.open('/account')), []);
    assert.ok((dump(world)['audit'] ?? []).some(({ event }) => event === 'passkey.removed'));
  }));
