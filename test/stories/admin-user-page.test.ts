import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makePerson, makePersonWithCode, signIn } from '../server.ts';
import { dump } from '../tables.ts';
import { actions, assertDone, inOffice, names, words } from './office.ts';
import { assertRefused, isAlive, tokenOf, tryToSignIn } from './steps.ts';

test('a user’s page tells how they sign in, and with what never', () =>
  inOffice(async (world, { open }) => {
    const bob = await makePersonWithCode(world);
    await signIn(world, bob);
    const page = await open(`/users/${bob.id}`);
    assert.match(
      words(page),
      /^bob State Active Role User Created 22 Nov 2026, \d\d:\d\d UTC Password Set Authenticator In force Passkeys None Recovery codes left 10 Sessions 1 /,
    );
    assert.equal(page.headers['cache-control'], 'no-store');
    assert.match(words(await open('/activity?user=bob')), /bob/);
    assert.match(page.text, /href="\/admin\/activity\?user=bob"/);
    const { id } = await world.server.users.create({ name: 'ivy' });
    assert.match(
      words(await open(`/users/${id}`)),
      /Password Not set Authenticator None Passkeys None Recovery codes left 0 Sessions 0 .*Make a new invitation/,
    );
    assert.equal((await open('/users/nobody')).status, 404);
  }));

test('what cannot be taken back says first what it does', () =>
  inOffice(async (world, { open }) => {
    const bob = await makePersonWithCode(world, 'bob', true);
    await signIn(world, bob);
    const { text } = await open(`/users/${bob.id}`);
    for (const verb of [
      'password-link',
      'end-sessions',
      'reset-second-factors',
      'take-administrator',
      'disable',
      'delete',
    ])
      assert.match(
        text,
        new RegExp(
          `<details>\n<summary>[^<]+</summary>\n<p>[^<]{30,}</p>\n<form method="post" action="[^"]*/${verb}">`,
        ),
      );
  }));

test('disabling and enabling, making and taking an administrator', () =>
  inOffice(async (world, office) => {
    const alice = await makePerson(world);
    const session = await signIn(world, alice);
    const path = `/users/${alice.id}`;
    const press = async (verb: string, said: RegExp) =>
      assertDone(office, await office.send(`${path}/${verb}`), path, said);

    const disabled = await press('disable', /is disabled, and every session has ended/);
    assert.equal(await isAlive(world, session), false);
    assert.deepEqual(
      [actions(disabled).includes(`${path}/enable`), actions(disabled).includes(`${path}/disable`)],
      [true, false],
    );
    assertRefused(await tryToSignIn(world, alice), 401, 3);
    await press('enable', /enabled/);
    await tokenOf(world, alice);

    await press('make-administrator', /is an administrator now/);
    assert.equal((await world.server.users.find('alice'))?.administrator, true);
    await press('take-administrator', /no administrator any more/);
    assert.equal((await world.server.users.find('alice'))?.administrator, false);
  }));

test('ending sessions and resetting second factors', () =>
  inOffice(async (world, office) => {
    const bob = await makePersonWithCode(world);
    const path = `/users/${bob.id}`;
    const session = await signIn(world, bob);
    const ended = await assertDone(office, await office.send(`${path}/end-sessions`), path, /signed out everywhere/);
    assert.equal(await isAlive(world, session), false);
    assert.equal(actions(ended).includes(`${path}/end-sessions`), false);
    const reset = await office.send(`${path}/reset-second-factors`);
    const page = await assertDone(office, reset, path, /has no second factor any more/);
    assert.equal(actions(page).includes(`${path}/reset-second-factors`), false);
    await tokenOf(world, bob);
  }));

test('a forced password shows its link once', () =>
  inOffice(async (world, { open, send }) => {
    const alice = await makePerson(world);
    assert.match(words(await open(`/users/${alice.id}`)), /Force a new password/);
    const made = await send(`/users/${alice.id}/password-link`);
    assert.match(words(made), /New password for alice .*invitation\?token=csl_/);
    assertRefused(await tryToSignIn(world, alice), 401, 3);
    const after = await open(`/users/${alice.id}`);
    assert.match(words(after), /Make a link to choose how to sign in/);
    assert.equal(after.text.includes('csl_'), false);
  }));

test('renaming, and a name that is taken', () =>
  inOffice(async (world, office) => {
    const alice = await makePerson(world);
    await makePerson(world, 'ben');
    const path = `/users/${alice.id}`;
    const taken = await office.send(`${path}/rename`, { name: 'Ben' });
    assert.equal(taken.status, 409);
    assert.match(taken.text, /<title>Error: alice/);
    assert.match(taken.text, /name="name" value="Ben"[^>]*aria-invalid="true" aria-describedby="error"/);
    await assertDone(office, await office.send(`${path}/rename`, { name: 'Liddell' }), path, /new name/);
    assert.equal((await world.server.users.find('liddell'))?.id, alice.id);
    assert.equal((await office.send('/users/nobody/rename', { name: 'x' })).status, 404);
  }));

test('deleting leads back to the list', () =>
  inOffice(async (world, office) => {
    const alice = await makePerson(world);
    const list = await assertDone(office, await office.send(`/users/${alice.id}/delete`), '/users', /deleted/);
    assert.deepEqual(names(list), ['root']);
  }));

test('nobody administers himself', () =>
  inOffice(async (world, { root, open, send }) => {
    const page = await open(`/users/${root.id}`);
    assert.match(words(page), /Ask another administrator/);
    assert.deepEqual(actions(page), []);
    const before = JSON.stringify(dump(world)['users']);
    for (const verb of [
      'disable',
      'take-administrator',
      'delete',
      'password-link',
      'end-sessions',
      'reset-second-factors',
    ])
      assert.equal((await send(`/users/${root.id}/${verb}`)).status, 403, verb);
    assert.equal((await send(`/users/${root.id}/rename`, { name: 'boss' })).status, 403);
    assert.equal(JSON.stringify(dump(world)['users']), before);
  }));
