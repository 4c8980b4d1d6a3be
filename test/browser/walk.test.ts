import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import axios from 'axios';
import { decodeQR } from 'qr/decode.js';
import { decodeBase32 } from '../../src/base32.ts';
import { second } from '../../src/clock.ts';
import { argon2 } from '../../src/passwords/passwords.ts';
import { codeAt, freshCode, makePerson, wrongCode } from '../server.ts';
import { decodePng } from './png.ts';
import { enter, openPlace, type Place, saveCodes, scan } from './steps.ts';

let place: Place;

before(async () => {
  // With the real hash: this is the walk as people and programs go it.
  place = await openPlace({ parts: { argon2 } });
});

after(() => place?.close());

for (const colorScheme of ['light', 'dark'] as const) {
  test(`a person does the whole walk on the pages, with a phone that sees the screen (${colorScheme})`, async () => {
    const { world } = place;
    const person = await makePerson(world, `person-${colorScheme}`);
    const credentials = { username: person.name, password: person.password };
    const hand = await enter(place, { colorScheme, viewport: { width: 800, height: 900 } });
    await hand.open(colorScheme === 'light' ? '/' : '/static/index.html');
    await hand.send(credentials);
    await hand.at('Your account');
    await hand.follow('Set up an authenticator app');
    assert.equal(new URL(hand.page.url()).pathname, '/account/authenticator');
    const { secret, label } = await scan(hand);
    assert.equal(label, `Countersign:${person.name}`);
    const link = await hand.page.locator('main a[href^="otpauth:"]').getAttribute('href');
    assert.match(
      link ?? '',
      new RegExp(`^otpauth://totp/Countersign:${person.name}\\?secret=[A-Z2-7]{32}&issuer=Countersign$`),
    );
    const spent = codeAt(secret, world.now());
    await hand.send({ otp: spent });
    const [recoveryCode = ''] = await saveCodes(hand);
    await hand.signOut();

    await hand.send(credentials);
    await hand.at('Enter your code');
    await hand.send({ otp: freshCode(world, secret) });
    await hand.at('Your account');
    await hand.signOut();

    await hand.send(credentials);
    await hand.follow('Use a recovery code');
    await hand.send({ recovery_code: recoveryCode });
    await hand.at('Your account');
    await hand.signOut();
    const kept = await hand.page.context().cookies();
    assert.deepEqual(
      kept.map(({ name }) => name).sort(),
      ['countersign-browser', 'countersign-passkey'],
      'it is known, and signed in no more',
    );
    assert.deepEqual(await hand.page.evaluate<number[]>('[localStorage.length, sessionStorage.length]'), [0, 0]);
    // Nothing was refused, so nothing may be complained about: no policy broken, no request elsewhere, no dialog.
    await hand.close();
  });
}

test("a client library's Basic helper does the walk, without a surprise", async () => {
  const { world } = place;
  const { name, password } = await makePerson(world, 'user');
  const client = axios.create({ baseURL: place.origin, validateStatus: () => true });
  const auth = { username: name, password };
  const signIn = (query = '', body?: object) => client.post(`/auth/credentials${query}`, body, { auth });

  const first = await signIn();
  assert.deepEqual([first.status, Object.keys(first.data)], [200, ['token', 'status', 'expires_at']]);
  const bearer = { headers: { Authorization: `Bearer ${first.data.token}` } };
  const on = await client.put('/auth/otp/enable', { enabled: true }, bearer);
  assert.deepEqual([on.status, on.data.recovery_codes.length], [200, 10]);
  const qr = await client.get('/auth/otp/generate', { ...bearer, responseType: 'arraybuffer' });
  assert.equal(qr.headers['content-type'], 'image/png');
  const secret = secretIn(Buffer.from(qr.data));

  const refusals: [string, object | undefined, number][] = [
    ['', undefined, 1],
    ['?otp=', undefined, 1],
    [`?otp=${wrongCode(world, secret)}`, undefined, 2],
    ['', { otp: wrongCode(world, secret) }, 2],
  ];
  for (const [query, body, status] of refusals) {
    const refused = await signIn(query, body);
    assert.deepEqual([refused.status, refused.data], [401, { token: null, status }]);
    assert.equal(refused.headers['www-authenticate'], 'OTP realm="Countersign"');
  }
  const otp = codeAt(secret, world.now());
  const both = await signIn(`?otp=${otp}`);
  assert.deepEqual([both.status, both.data.status], [200, 0]);
  assert.deepEqual((await signIn(`?otp=${otp}`)).data, { token: null, status: 2 });
  const whoami = await client.get('/whoami', { headers: { Authorization: `Bearer ${both.data.token}` } });
  assert.equal(whoami.data, 'user');
  assert.equal(whoami.headers['set-cookie'], undefined);
});

/** What an authenticator app makes of a picture. */
function secretIn(picture: Buffer): Buffer {
  const uri = new URL(decodeQR(decodePng(picture), { timeLimit: 20 * second }));
  assert.equal(uri.protocol, 'otpauth:');
  return Buffer.from(decodeBase32(uri.searchParams.get('secret') ?? '') ?? []);
}
