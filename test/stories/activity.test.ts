import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day } from '../../src/clock.ts';
import { type Answer, inWorld, makePerson, makePersonWithCode, signIn, type World } from '../server.ts';
import { elements, textOf } from '../visitor/markup.ts';
import { type Page, readPage } from '../visitor/page.ts';
import { isAlive, tokenOf, tryToSignIn } from './steps.ts';

const open = (world: World, url: string, token?: string): Promise<Answer> =>
  world.call('GET', url, {
    headers: { accept: 'text/html', ...(token === undefined ? {} : { cookie: `countersign=${token}` }) },
  });

const pageAt = async (world: World, url: string, token: string, status = 200): Promise<Page> => {
  const answer = await open(world, url, token);
  assert.equal(answer.status, status, answer.text);
  return readPage(answer.text);
};

/** The cells of each row of the table that stands in <main> last: the log, and not the numbers of the chart. */
const rowsOf = (page: Page): string[][] => {
  const tables = elements(page.document, ({ name }) => name === 'table');
  const log = tables.at(-1);
  return (log ? elements(log, ({ name }) => name === 'tr') : [])
    .map((row) => elements(row, ({ name }) => name === 'td').map(textOf))
    .filter((cells) => cells.length === 3 || cells.length === 5);
};
const sentencesOf = (page: Page): string[] => rowsOf(page).map(([, what]) => what ?? '');
const linkOf = (page: Page, text: string): string => page.links.find((link) => link.text === text)?.href ?? '';

test('a person reads what has happened to the account: in words, newest first, from where, and by which session', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    await tryToSignIn(world, { basic: 'alice:wrong' }, undefined, '192.0.2.66');
    await signIn(world, alice);
    const token = await signIn(world, alice);
    await world.call('DELETE', '/auth/sessions', { token });
    const page = await pageAt(world, '/account/activity', token);
    assert.deepEqual(
      rowsOf(page).map(([, what, from]) => [what, from]),
      [
        ['One other session was ended. This session', '127.0.0.1'],
        ['Signed in. This session', '127.0.0.1'],
        ['Signed in.', '127.0.0.1'],
        ['Sign-in refused: wrong password.', '192.0.2.66'],
        ['Your account was made by the operator.', ''],
      ],
    );
    const [time] = elements(page.document, ({ name }) => name === 'time');
    assert.equal(time?.attributes['datetime'], new Date(world.now()).toISOString());
  }));

test('a person’s activity is nobody else’s to read, and nobody’s without a session', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const mallory = await makePerson(world, 'mallory');
    await tryToSignIn(world, { basic: 'alice:wrong' }, undefined, '192.0.2.66');
    await signIn(world, alice);
    const page = await pageAt(world, '/account/activity', await signIn(world, mallory));
    assert.deepEqual(sentencesOf(page), ['Signed in. This session', 'Your account was made by the operator.']);
    const stranger = await open(world, '/account/activity');
    assert.deepEqual(
      [stranger.status, stranger.headers['location']],
      [303, '/sign-in?return_to=%2Faccount%2Factivity'],
    );
  }));

test('older rows are a link away, and a page that cannot be is the first one', () =>
  inWorld(async (world) => {
    const alice = await makePerson(world);
    const token = await signIn(world, alice);
    await world.server.service.database.transaction(async (tx) => {
      for (let index = 0; index < 60; index += 1)
        await world.server.service.audit.record(tx, world.now(), { event: 'recovery_codes.made', userId: alice.id });
    });
    const newest = await pageAt(world, '/account/activity', token);
    assert.equal(rowsOf(newest).length, 50);
    const older = await pageAt(world, linkOf(newest, 'Older'), token);
    assert.equal(rowsOf(older).length, 12);
    assert.equal(linkOf(older, 'Older'), '');
    assert.equal(linkOf(older, 'Newest'), '/account/activity');
    assert.match((await pageAt(world, '/account/activity?before=1', token)).text, /Nothing older is left/);
    for (const before of ['0', '-1', '1e3', '99999999999999999999', '', 'x%00', '1.5'])
      assert.equal(rowsOf(await pageAt(world, `/account/activity?before=${before}`, token)).length, 50, before);
  }));

test('an administrator sees whose account it was and who did it, also when the account is gone', () =>
  inWorld(async (world) => {
    const root = await makePersonWithCode(world, 'root', true);
    const alice = await makePerson(world);
    const token = await signIn(world, root);
    await world.call('PATCH', `/users/${alice.id}`, { token, body: { disabled: true } });
    const before = await pageAt(world, '/admin/activity', token);
    assert.deepEqual(rowsOf(before)[0]?.slice(1), [
      'The account was disabled by an administrator.',
      'alice',
      'root',
      '127.0.0.1',
    ]);
    assert.equal(linkOf(before, 'alice'), `/admin/users/${alice.id}`);
    await world.call('DELETE', `/users/${alice.id}`, { token });
    const after = await pageAt(world, '/admin/activity', token);
    assert.equal(rowsOf(after)[0]?.[2], `${alice.id} (deleted)`);
    const theirs = await pageAt(world, linkOf(after, alice.id), token);
    assert.deepEqual(sentencesOf(theirs), [
      'The account was deleted by an administrator.',
      'The account was disabled by an administrator.',
      'The account was made by the operator.',
    ]);
  }));

test('the filter finds by kind, by name and by day, and its pages keep it', () =>
  inWorld(async (world) => {
    const root = await makePersonWithCode(world, 'root', true);
    const alice = await makePerson(world);
    await tryToSignIn(world, { basic: 'alice:wrong' });
    world.turn(day);
    const token = await signIn(world, root);
    const sentences = async (query: string) => sentencesOf(await pageAt(world, `/admin/activity?${query}`, token));
    const refusal = 'Sign-in refused: wrong password, or a disabled account.';
    assert.deepEqual(await sentences('kind=refused-sign-ins&user=&from=&to='), [refusal]);
    assert.deepEqual(await sentences('kind=all&user=ALICE'), [refusal, 'The account was made by the operator.']);
    assert.deepEqual(await sentences('user=alice&from=2026-11-22&to=2026-11-22&kind=users-and-roles'), [
      'The account was made by the operator.',
    ]);
    assert.deepEqual(await sentences('from=2026-11-23'), ['Signed in.']);
    assert.deepEqual(await sentences('from=2026-11-24'), []);
    await world.server.service.database.transaction(async (tx) => {
      for (let index = 0; index < 51; index += 1)
        await world.server.service.audit.record(tx, world.now(), { event: 'sign_in.otp_required', userId: alice.id });
    });
    const first = await pageAt(world, '/admin/activity?kind=sign-ins&user=alice', token);
    const second = await pageAt(world, linkOf(first, 'Older'), token);
    assert.deepEqual([rowsOf(first).length, rowsOf(second).length], [50, 1]);
    assert.equal(second.forms.find(({ inMain }) => inMain)?.fields.find(({ name }) => name === 'user')?.value, 'alice');
  }));

test('a filter that cannot be meant gets a sentence that says so', () =>
  inWorld(async (world) => {
    const token = await signIn(world, await makePersonWithCode(world, 'root', true));
    const bad: [query: string, sentence: RegExp][] = [
      ['user=nobody', /There is no user of that name/],
      ['user=a%3Ab%20c', /There is no user of that name/],
      [`user=${encodeURIComponent('<script>')}`, /There is no user of that name/],
      [`user=${'a'.repeat(300)}`, /There is no user of that name/],
      ['user=%ff', /There is no user of that name/],
      ['kind=toString', /one of the kinds/],
      ['from=2026-02-30', /first day is no date/],
      ['to=tomorrow', /last day is no date/],
      ['from=2026-11-22&to=2026-11-21', /before the first/],
    ];
    for (const [query, sentence] of bad) {
      const page = await pageAt(world, `/admin/activity?${query}`, token, 422);
      assert.match(page.alert, sentence);
      assert.match(page.title, /^Error: /);
      assert.deepEqual(rowsOf(page), []);
    }
    assert.equal((await open(world, '/admin/activity?from=1&from=2', token)).status, 400);
  }));

test('a page of the log that cannot be is the first one', () =>
  inWorld(async (world) => {
    const token = await signIn(world, await makePersonWithCode(world, 'root', true));
    const newest = rowsOf(await pageAt(world, '/admin/activity', token));
    for (const before of ['0', '-1', '1e3', '9'.repeat(20), '9'.repeat(600), '', 'x%00', '1.5'])
      assert.deepEqual(rowsOf(await pageAt(world, `/admin/activity?before=${before}`, token)), newest, before);
  }));

test('the chart counts the sign-ins and refusals of each day, in a drawing and in a table', () =>
  inWorld(async (world) => {
    const root = await makePersonWithCode(world, 'root', true);
    const alice = await makePerson(world);
    await tokenOf(world, alice);
    await tryToSignIn(world, { basic: 'alice:wrong' });
    await tryToSignIn(world, { basic: 'nobody:wrong' });
    world.turn(day);
    const token = await signIn(world, root);
    const page = await pageAt(world, '/admin/activity', token);
    const numbers = elements(page.document, ({ name }) => name === 'tr').map((row) =>
      elements(row, ({ name }) => name === 'th' || name === 'td').map(textOf),
    );
    assert.deepEqual(numbers.slice(0, 4), [
      ['Day', 'Signed in', 'Refused'],
      ['23 Nov 2026', '1', '0'],
      ['22 Nov 2026', '2', '2'],
      ['21 Nov 2026', '0', '0'],
    ]);
    const [svg] = elements(page.document, ({ name }) => name === 'svg').filter(
      ({ attributes }) => attributes['role'] === 'img',
    );
    assert.equal(svg?.attributes['aria-label'], '3 sign-ins and 2 refused in the last 14 days.');
    assert.doesNotMatch((await open(world, '/admin/activity?user=alice', token)).text, /role="img"/);
  }));

test('only administrators read the log, nobody before enrolment is done, and reading needs no fresh proof', () =>
  inWorld(async (world) => {
    const root = await makePersonWithCode(world, 'root', true);
    const token = await signIn(world, await makePerson(world));
    assert.equal((await open(world, '/admin/activity', token)).status, 403);
    const stranger = await open(world, '/admin/activity?kind=sessions');
    assert.deepEqual(
      [stranger.status, stranger.headers['location']],
      [303, '/sign-in?return_to=%2Fadmin%2Factivity%3Fkind%3Dsessions'],
    );
    const enrolling = await tokenOf(world, await makePerson(world, 'ruth', true));
    for (const url of ['/admin/activity', '/account/activity']) {
      const sent = await open(world, url, enrolling);
      const onwards = `/account/authenticator?return_to=${encodeURIComponent(url)}`;
      assert.deepEqual([sent.status, sent.headers['location']], [303, onwards]);
    }
    const old = await signIn(world, root);
    world.turn(day / 48);
    assert.ok(await isAlive(world, old));
    assert.equal((await open(world, '/admin/activity', old)).status, 200);
  }));
