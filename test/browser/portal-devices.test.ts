/** What depends on the device: touch, paper, a clipboard, a clock, and eyes that motion hurts. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { decodeBase32 } from '../../src/base32.ts';
import { minute, second } from '../../src/clock.ts';
import { codeAt, makePerson, makePersonWithCode } from '../server.ts';
import { enter, type Hand, openPlace, type Place, saveCodes, signIn } from './steps.ts';

let place: Place;

before(async () => {
  place = await openPlace();
});

after(() => place?.close());

test('a touch device can open its own authenticator app, a desk is not asked to', async () => {
  const alice = await makePerson(place.world, 'alice');
  const link = (hand: Hand) => hand.page.getByRole('link', { name: 'Open an authenticator app on this device' });
  const desk = await enter(place);
  await signIn(place, desk, alice);
  await desk.open('/account/authenticator');
  assert.equal(await link(desk).count(), 0);
  const phone = await enter(place, { hasTouch: true, isMobile: true, viewport: { width: 390, height: 844 } });
  await signIn(place, phone, alice);
  await phone.open('/account/authenticator');
  const key = (await phone.page.locator('#secret').innerText()).replaceAll(' ', '');
  const uri = new URL((await link(phone).getAttribute('href')) ?? '');
  assert.deepEqual([uri.protocol, uri.searchParams.get('secret')], ['otpauth:', key]);
  await desk.close();
  await phone.close();
});

test('on a Mac or an iPhone the system itself can keep the key, and nobody else is asked to', async () => {
  const gina = await makePerson(place.world, 'gina');
  const iPhone =
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Safari/604.1';
  const mac = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.5 Safari/605.1.15';
  const touch = { hasTouch: true, isMobile: true, viewport: { width: 390, height: 844 } };
  for (const [device, seen] of [
    [{ ...touch, userAgent: iPhone }, 1],
    [{ ...touch, userAgent: mac }, 1],
    [touch, 0],
  ] as const) {
    const hand = await enter(place, device);
    await signIn(place, hand, gina);
    await hand.open('/account/authenticator');
    const link = hand.page.getByRole('link', { name: 'Set up in Apple Passwords' });
    assert.equal(await link.count(), seen);
    if (seen)
      assert.match((await link.getAttribute('href')) ?? '', /^apple-otpauth:\/\/totp\/Countersign:gina\?secret=/);
    await hand.close();
  }
});

test('the key and the recovery codes are copied by a button, which says so', async () => {
  const bob = await makePerson(place.world, 'bob');
  const hand = await enter(place, { permissions: ['clipboard-read', 'clipboard-write'] });
  const copied = () => hand.page.evaluate<string>('navigator.clipboard.readText()');
  const says = () => hand.page.locator('main [aria-live]').filter({ hasText: 'Copied.' }).waitFor();
  await signIn(place, hand, bob);
  await hand.open('/account/authenticator');
  const key = (await hand.page.locator('#secret').innerText()).replaceAll(' ', '');
  await hand.page.getByRole('button', { name: 'Copy the key' }).click();
  await says();
  assert.equal(await copied(), key);
  await hand.send({ otp: codeAt(Buffer.from(decodeBase32(key) ?? []), place.world.now()) });
  await hand.page.getByRole('button', { name: 'Copy', exact: true }).click();
  await says();
  const text = await copied();
  assert.equal(text, (await saveCodes(hand)).join('\n'));
  await hand.close();
});

test('the codes are downloaded as a text that says what it is, and printed without the rest of the page', async () => {
  const carol = await makePersonWithCode(place.world, 'carol');
  const hand = await enter(place, { colorScheme: 'dark' });
  const { page } = hand;
  await signIn(place, hand, carol);
  await hand.open('/account/recovery-codes');
  await hand.press('Make new recovery codes');
  const codes = await page.locator('#codes li').allInnerTexts();
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download' }).click(),
  ]);
  assert.equal(file.suggestedFilename(), 'countersign-recovery-codes.txt');
  const chunks: Buffer[] = [];
  for await (const chunk of await file.createReadStream()) chunks.push(Buffer.from(chunk));
  const text = Buffer.concat(chunks).toString();
  assert.match(text, /^Recovery codes of carol at Countersign, made on 2026-11-22\./);
  assert.deepEqual(
    codes.filter((code) => !text.includes(code)),
    [],
  );

  await page.evaluate('window.print = () => (document.title = "Printed")');
  await page.getByRole('button', { name: 'Print' }).click();
  assert.equal(await page.title(), 'Printed');
  await page.emulateMedia({ media: 'print' });
  const whose = 'Recovery codes of carol at Countersign. Each works once, in place of a code of the authenticator app.';
  assert.deepEqual(await visibleTexts(hand), ['Countersign', 'Save your recovery codes', whose, ...codes]);
  const [ink, paper] = await page.evaluate<string[]>(
    '[getComputedStyle(document.querySelector(".codes")).color, getComputedStyle(document.querySelector("main")).backgroundColor]',
  );
  assert.ok(brightness(ink) < 0.2 && brightness(paper) > 0.9, `${ink} on ${paper}`);
  await hand.close(/^failed: data:/);
});

test('where the clock of the device is wrong, setting up an authenticator says so', async () => {
  const dave = await makePerson(place.world, 'dave');
  const hand = await enter(place);
  await signIn(place, hand, dave);
  await hand.open('/account/authenticator');
  const hint = hand.page.getByRole('alert');
  assert.equal(await hint.count(), 0);
  for (const [off, words] of [
    [10 * minute, /about 10 minutes ahead/],
    [-90 * second, /about 9\d seconds behind/],
  ] as const) {
    await hand.page.clock.setFixedTime(place.world.now() + off);
    await hand.page.reload();
    assert.match(await hint.innerText(), words);
  }
  await hand.close();
});

test('times are in the words and the zone of the reader', async () => {
  const erin = await makePerson(place.world, 'erin');
  const hand = await enter(place, { locale: 'de-DE', timezoneId: 'Asia/Kolkata' });
  await signIn(place, hand, erin);
  await hand.open('/account/activity');
  const time = hand.page.locator('main time').first();
  assert.match((await time.getAttribute('datetime')) ?? '', /^2026-11-22T\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.match(await time.innerText(), /^22\.11\.2026, 17:\d\d$/);
  assert.match((await time.getAttribute('title')) ?? '', /^22 Nov 2026, \d\d:\d\d UTC$/);
  await hand.close();
});

test('nothing moves where motion is not wanted', async () => {
  const frank = await makePerson(place.world, 'frank');
  const hand = await enter(place, { reducedMotion: 'reduce' });
  await signIn(place, hand, frank);
  for (const path of ['/sign-in', '/account', '/account/sessions', '/account/authenticator']) {
    await hand.open(path);
    const moving = await hand.page.evaluate<string[]>(`[...document.querySelectorAll('*')].filter((each) => {
      const { transitionDuration, animationName, scrollBehavior } = getComputedStyle(each);
      return !/^0s(, 0s)*$/.test(transitionDuration) || animationName !== 'none' || scrollBehavior === 'smooth';
    }).map((each) => each.outerHTML.slice(0, 80))`);
    assert.deepEqual(moving, [], path);
  }
  await hand.close();
});

/** Every piece of text that can be seen. */
function visibleTexts({ page }: Hand): Promise<string[]> {
  return page.evaluate(`(() => {
    const found = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const { data, parentElement } = texts.currentNode;
      if (data.trim() !== '' && parentElement.checkVisibility() && parentElement.getClientRects().length > 0) found.push(data.trim());
    }
    return found;
  })()`);
}

/** Of a colour as a browser computes it: 0 is black and 1 is white, which is what nothing at all is on paper. */
function brightness(colour: string | undefined): number {
  const [red = 255, green = 255, blue = 255, alpha = 1] = (colour?.match(/[\d.]+/g) ?? []).map(Number);
  return alpha === 0 ? 1 : (red + green + blue) / 765;
}
