/** What people and administrators do that the audit log tells of, request by request. */
import assert from 'node:assert/strict';
import { softwareAuthenticator } from './authenticator.ts';
import { addPasskey, signInWithPasskey } from './passkeys.ts';
import { type Body, codeAt, freshCode, makePerson, secretOf, signIn, type World, wrongCode } from './server.ts';
import { visit } from './visitor.ts';

const password = 'correct horse battery staple';
const next = 'four unrelated plain words';

interface Proved {
  /** Ids of the administrator and of the user. */
  root: string;
  bob: string;
  /** The administrator's, fresh. */
  token: string;
}

/** Every way to prove who one is, first wrongly where there is a wrong: set-up, links, codes, pages. */
export async function prove(world: World): Promise<Proved> {
  const call = bodyOf(world);
  const link = new URL((await world.server.service.setup.makeLink()) ?? '').searchParams.get('token') ?? '';
  await world.call('POST', '/setup', { form: { token: link, name: 'root', password } });
  const token = (await call('POST', '/auth/credentials', { basic: `root:${password}` })).token;
  await enrol(world, token);
  const root = (await call('GET', '/me', { token })).id;
  const { id: bob, link: invitation } = await call('POST', '/users', { token, body: { name: 'bob' } });
  const chosen = new URL(invitation.url).searchParams.get('token') ?? '';
  await world.call('POST', '/invitation', { form: { token: chosen, password } });
  await proveAsBob(world);
  return { root, bob, token };
}

async function proveAsBob(world: World): Promise<void> {
  const call = bodyOf(world);
  const basic = `bob:${password}`;
  const signIn = (body?: object, as = basic): Promise<Body> =>
    call('POST', '/auth/credentials', { basic: as, ...(body ? { body } : {}) });
  await signIn(undefined, 'bob:wrong');
  await signIn(undefined, 'nobody:wrong');
  const first = (await signIn()).token;
  const { secret, codes } = await enrol(world, first);
  await signIn();
  await signIn({ otp: wrongCode(world, secret) });
  const { token } = await signIn({ otp: freshCode(world, secret) });
  await signIn({ recovery_code: codes[0] });
  const reauthenticate = (body: object): Promise<Body> => call('POST', '/auth/reauthenticate', { token, body });
  await reauthenticate({ password: 'wrong', otp: '123456' });
  const again = (await reauthenticate({ password, otp: freshCode(world, secret) })).token;
  const changing = { token: again, body: { current: 'wrong', new: next } };
  await call('PUT', '/auth/password', changing);
  await call('PUT', '/auth/password', { token: again, body: { current: password, new: next } });
  await call('DELETE', '/auth/sessions/current', { token: again });
  await inBrowser(world, secret, codes[1] ?? '');
}

/** The same on the pages: a wrong password, a wrong code, a recovery code, and proving again. */
async function inBrowser(world: World, secret: Buffer, code: string): Promise<void> {
  const visitor = await visit(world).open('/sign-in');
  await visitor.submit({ username: 'bob', password });
  await visitor.submit({ username: 'bob', password: next });
  await visitor.submit({ otp: wrongCode(world, secret) });
  await visitor.open('/sign-in/recovery-code');
  await visitor.submit({ recovery_code: code });
  assert.equal(visitor.path, '/account');
  await visitor.post('/reauthenticate', { password: next, otp: wrongCode(world, secret) });
  await visitor.post('/reauthenticate', { password: next, otp: freshCode(world, secret) });
  await visitor.post('/sign-out', {});
}

/** Binds an authenticator by its second code, the first being wrong; answers its secret and the recovery codes. */
async function enrol(world: World, token: string): Promise<{ secret: Buffer; codes: string[] }> {
  const secret = await secretOf(world, token);
  const confirm = (otp: string): Promise<Body> =>
    bodyOf(world)('PUT', '/auth/otp/enable', { token, body: { enabled: true, otp } });
  await confirm(wrongCode(world, secret));
  return { secret, codes: (await confirm(codeAt(secret, world.now()))).recovery_codes };
}

/** A passkey from its beginning to its end, of which there is a copy meanwhile. */
async function keepPasskey(world: World): Promise<void> {
  const token = await signIn(world, await makePerson(world, 'carol'));
  const device = softwareAuthenticator({ counts: true });
  await addPasskey(world, token, softwareAuthenticator(), { wrong: { flags: { uv: false } } });
  const { id } = (await addPasskey(world, token, device)).body.passkey;
  await world.call('PATCH', `/auth/passkeys/${id}`, { token, body: { name: 'Laptop' } });
  const answered = await signInWithPasskey(world, device);
  assert.equal(answered.status, 200, answered.text);
  assert.equal((await signInWithPasskey(world, device, { count: 1 })).body.reason, 'counter');
  await world.call('DELETE', `/auth/passkeys/${id}`, { token });
}

/** Everything else: what is changed, given and taken away, by oneself and by an administrator. */
export async function administer(world: World, { bob, token }: Proved): Promise<void> {
  const call = bodyOf(world);
  await keepPasskey(world);
  const signIn = async (otp?: string): Promise<string> =>
    (await call('POST', '/auth/credentials', { basic: `bob:${next}`, ...(otp ? { body: { otp } } : {}) })).token;
  await call('DELETE', `/users/${bob}/second-factors`, { token });
  const own = await signIn();
  await call('PUT', '/auth/otp/enable', { token: own, body: { enabled: true } });
  await call('POST', '/auth/otp/replace', { token: own });
  const { secret } = await enrol(world, own);
  await call('POST', '/auth/recovery-codes', { token: own });
  await call('DELETE', '/auth/sessions', { token: own });
  for (let tries = 0; tries < 3; tries += 1) await signIn(wrongCode(world, secret));
  await call('PUT', '/auth/otp/enable', { token: own, body: { enabled: false } });
  await forgetBrowser(world);

  for (const body of [{ name: 'bo' }, { roles: ['administrator'] }, { disabled: true }, { disabled: false }])
    await call('PATCH', `/users/${bob}`, { token, body });
  const program = await call('POST', '/service-tokens', { token, body: { name: 'sync' } });
  await call('DELETE', `/service-tokens/${program.id}`, { token });
  await call('DELETE', `/users/${bob}`, { token });
}

/** Signs in in a browser, which is then known, and has it forgotten. */
async function forgetBrowser(world: World): Promise<void> {
  const visitor = await visit(world).open('/sign-in');
  await visitor.submit({ username: 'bob', password: next });
  await visitor.open('/account/sessions');
  await visitor.submit({}, { form: /forget$/ });
}

const bodyOf =
  (world: World) =>
  async (...request: Parameters<World['call']>): Promise<Body> =>
    (await world.call(...request)).body;
