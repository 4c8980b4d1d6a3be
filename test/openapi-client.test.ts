/** Clients that are made from the OpenAPI document at run time, and do what people do. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { OpenAPIClientAxios } from 'openapi-client-axios';
import { decodeBase32 } from '../src/base32.ts';
import { softwareAuthenticator } from './authenticator.ts';
import { listen } from './listening.ts';
import { quickHash } from './quick-hash.ts';
import { codeAt, freshCode, makePerson, makeWorld, wrongCode } from './server.ts';

const world = await makeWorld({}, { argon2: quickHash });
after(() => world.close());
const { url, port } = await listen(world);
const api = new OpenAPIClientAxios({
  definition: `${url}/openapi.json`,
  withServer: { url },
  axiosConfigDefaults: { validateStatus: () => true },
});
const client = await api.init();

function call(name: string, ...given: Parameters<NonNullable<(typeof client)[string]>>) {
  const operation = client[name];
  assert.ok(operation, name);
  return operation(...given);
}

test('a client made from the document at run time does the walk', async () => {
  const user = await makePerson(world, 'user');
  const auth = { username: user.name, password: user.password };
  const first = await call('signIn', undefined, null, { auth });
  assert.deepEqual([first.status, first.data.status], [200, 0]);
  const headers = { authorization: `Bearer ${first.data.token}` };
  const enabled = await call('enableSecondFactor', undefined, { enabled: true }, { headers });
  assert.equal(enabled.data.recovery_codes.length, 10);
  const png = await call('generateQrCode', undefined, null, {
    headers: { ...headers, accept: 'image/png' },
    responseType: 'arraybuffer',
  });
  assert.equal(png.headers['content-type'], 'image/png');
  assert.equal(Buffer.from(png.data).toString('latin1', 1, 4), 'PNG');
  const { data } = await call('generateQrCode', undefined, null, {
    headers: { ...headers, accept: 'application/json' },
  });
  const secret = Buffer.from(decodeBase32(data.secret) ?? []);
  const refused = [
    [await call('signIn', undefined, null, { auth }), 1],
    [await call('signIn', undefined, { otp: wrongCode(world, secret) }, { auth }), 2],
    [await call('signIn', undefined, null, { auth: { ...auth, password: 'wrong' } }), 3],
  ] as const;
  for (const [{ status, data }, code] of refused)
    assert.deepEqual([status, data], [401, { token: null, status: code }]);
  const second = await call('signIn', { otp: codeAt(secret, world.now()) }, undefined, { auth });
  assert.equal(second.data.status, 0);
  const third = await call('signIn', undefined, { otp: freshCode(world, secret) }, { auth });
  const whoami = await call('whoami', undefined, null, { headers: { authorization: `Bearer ${third.data.token}` } });
  assert.equal(whoami.data, 'user');
});

test('and one adds a passkey, signs in with it alone, and proves again who is there', async () => {
  const { name: username, password } = await makePerson(world, 'carol');
  const phone = softwareAuthenticator({ origin: `http://localhost:${port}` });
  const first = await call('signIn', undefined, null, { auth: { username, password } });
  const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
  const mine = bearer(first.data.token);
  const { data: asked } = await call('beginPasskeyRegistration', undefined, undefined, mine);
  const credential = phone.create(asked.options);
  const added = await call('addPasskey', undefined, { name: 'Phone', credential }, mine);
  assert.deepEqual([added.status, added.data.passkey.name], [201, 'Phone']);

  const half = await call('signIn', undefined, null, { auth: { username, password } });
  assert.deepEqual(half.data, {
    token: null,
    status: 1,
    methods: [
      { type: 'passkey', options: '/auth/passkeys/sign-in/options', verification: '/auth/passkeys/sign-in' },
      { type: 'recovery_code' },
    ],
  });
  const { data: begun } = await call('beginPasskeySignIn');
  const answer = { ceremony: begun.ceremony, credential: phone.get(begun.options) };
  const signedIn = await call('signInWithPasskey', undefined, answer);
  assert.deepEqual([signedIn.status, signedIn.data.status], [200, 0]);
  const repeated = await call('signInWithPasskey', undefined, answer);
  assert.deepEqual([repeated.status, repeated.data.code, repeated.data.reason], [401, 'passkey_refused', 'challenge']);

  const mineNow = bearer(signedIn.data.token);
  const { data: again } = await call('beginPasskeyReauthentication', undefined, undefined, mineNow);
  const proved = await call('reauthenticate', undefined, { passkey: phone.get(again.options) }, mineNow);
  assert.equal(proved.status, 200);
  const { data: list } = await call('listPasskeys', undefined, null, bearer(proved.data.token));
  assert.deepEqual(
    list.passkeys.map((each: { name: string }) => each.name),
    ['Phone'],
  );
});
