/** What nobody gets to see: what was shown before signing out, and markup that somebody has stored. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { decodeBase32 } from '../../src/base32.ts';
import { codeAt, makePerson, makePersonWithCode } from '../server.ts';
import { enter, type Hand, nextCode, openPlace, type Place, saveCodes, signIn, tryToSignIn } from './steps.ts';

const image = '<img/src=x/onerror=alert(1)>';
const bold = '<b>root</b>';
const issuer = '<i>Doors</i> & "Co"';
const contact = '<img src=x onerror=alert(1)> extension 12';

let place: Place;

before(async () => {
  place = await openPlace({ options: { issuer, contact } });
});

after(() => place?.close());

test('after signing out, Back shows nothing of what was there', async () => {
  const bob = await makePersonWithCode(place.world, 'bob-the-builder');
  const hand = await enter(place);
  await signIn(place, hand, bob);
  await hand.open('/account/sessions');
  await hand.open('/account/recovery-codes');
  await hand.press('Make new recovery codes');
  const codes = await saveCodes(hand);
  await hand.open('/account/authenticator');
  await hand.press('Move to another phone');
  const key = await hand.page.locator('#secret').innerText();
  await hand.open('/account');
  await hand.signOut();
  const seen = await goBackThrough(hand);
  assert.ok(seen.length > 5, seen.map(([path]) => path).join(' '));
  for (const [path, text] of seen)
    for (const secret of [bob.name, key, key.replaceAll(' ', ''), ...codes])
      assert.ok(!text.includes(secret), `${path} shows ${secret}`);
  await hand.close(/^failed: |ERR_CACHE_MISS/);
});

test('Back does not show recovery codes, or the key of an authenticator that is in force, to anybody', async () => {
  const alice = await makePerson(place.world, 'alice');
  const hand = await enter(place);
  await signIn(place, hand, alice);
  await hand.open('/account/authenticator');
  const key = await hand.page.locator('#secret').innerText();
  await hand.send({ otp: codeAt(Buffer.from(decodeBase32(key.replaceAll(' ', '')) ?? []), place.world.now()) });
  const codes = await saveCodes(hand);
  for (const [path, text] of await goBackThrough(hand))
    for (const secret of [key, ...codes]) assert.ok(!text.includes(secret), `${path} shows ${secret}`);
  await hand.close(/^failed: |ERR_CACHE_MISS/);
});

test('a page that a browser has kept in its memory is asked for anew', async () => {
  const carol = await makePerson(place.world, 'carol');
  const hand = await enter(place);
  await signIn(place, hand, carol);
  await place.world.server.sessions.endAll(carol.id);
  // Browsers keep no such page as long as something controls them; so it is told that it was kept.
  const kept = 'dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))';
  await Promise.all([hand.page.waitForEvent('load'), hand.page.evaluate(kept)]);
  await hand.at('Sign in');
  await hand.close();
});

test('stored markup is text on every page that shows it', async () => {
  const { world } = place;
  const root = await makePersonWithCode(world, bold, true);
  const user = await makePersonWithCode(world, image);
  await tryToSignIn(place, { ...user, basic: `${user.name}:wrong` });
  await world.call('POST', '/auth/credentials', {
    basic: root.basic,
    body: { otp: nextCode(place, root) },
    headers: { 'user-agent': contact },
  });
  const hand = await enter(place);
  await hand.open('/sign-in');
  await shows(hand, [issuer, contact]);
  await hand.send({ username: '<script>alert(1)</script>', password: 'x' });
  await shows(hand, [contact]);
  await hand.send({ username: user.name, password: user.password });
  await shows(hand, [`${issuer}: ${image}`]);
  await signIn(place, hand, root);
  await shows(hand, [bold]);
  await hand.open('/account/recovery-codes');
  await hand.press('Make new recovery codes');
  await shows(hand, [issuer]);
  const link = await hand.page.getByRole('link', { name: 'Download' }).getAttribute('href');
  assert.match(decodeURIComponent(link ?? ''), /Recovery codes of <b>root<\/b> at <i>Doors<\/i> & "Co"/);
  await hand.open('/admin/service-tokens');
  await hand.send({ name: '<b>Payroll</b>', days: '30' });
  await shows(hand, ['Token for <b>Payroll</b>']);
  await hand.open('/admin/users');
  await hand.send({ name: '<u>judith</u>' }, 'Create the user');
  await shows(hand, ['<u>judith</u> is created']);
  await hand.open(await hand.page.locator('#link').innerText());
  assert.equal(await hand.page.locator('#username').inputValue(), '<u>judith</u>');
  await shows(hand, [issuer]);
  const pages: Record<string, string[]> = {
    '/account': [bold],
    '/account/sessions': [contact],
    '/account/activity': [bold],
    '/account/password': [bold],
    '/reauthenticate': [bold, `${issuer}: ${bold}`],
    '/admin/users': [image, '<u>judith</u>'],
    [`/admin/users?q=${encodeURIComponent('<b>nobody</b>')}`]: ['“<b>nobody</b>”'],
    [`/admin/users/${user.id}`]: [image, `Disable ${image}`],
    '/admin/activity': [image, bold],
    [`/admin/activity?user=${encodeURIComponent(image)}`]: [image],
    '/admin/service-tokens': ['<b>Payroll</b>', bold],
    '/nowhere/%3Cb%3E': [contact],
  };
  for (const [path, texts] of Object.entries(pages)) {
    await hand.open(path);
    await shows(hand, texts);
  }
  await hand.open('/account/authenticator');
  await hand.press('Move to another phone');
  await shows(hand, [`${issuer}: ${bold}`]);
  await hand.close();
});

/** Every page that Back leads to, the newest first, with all of its markup. */
async function goBackThrough({ page }: Hand): Promise<[path: string, text: string][]> {
  const seen: [string, string][] = [];
  for (let steps = 0; steps < 30; steps += 1) {
    // What came by a form and may not be kept is an error of the browser's own, which is well.
    const refused = await page.goBack().then(
      () => false,
      () => true,
    );
    if (refused) await page.waitForURL('chrome-error://**');
    if (page.url() === 'about:blank') return seen;
    seen.push([page.url(), await page.content()]);
  }
  return seen;
}

/** All of these stand in the text of the page, and nothing has become an element that is none of ours. */
async function shows({ page }: Hand, texts: string[]): Promise<void> {
  await page.evaluate('for (const each of document.querySelectorAll("details")) each.open = true');
  const body = await page.evaluate<string>('document.body.innerText');
  for (const text of texts) assert.ok(body.includes(text), `${page.url()} does not show ${text}: ${body}`);
  const strange = 'b, i, u, [onerror], img:not(.qr), body script, iframe';
  assert.equal(await page.locator(strange).count(), 0, page.url());
}
