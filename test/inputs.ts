import { softwareAuthenticator } from './authenticator.ts';
import { makePerson, makePersonWithCode, type Person, signIn, type World } from './server.ts';

/**
 * For every route that takes a body, a request that is right but for what a test breaks in it: an address, who sends it,
 * and members of which each has the right type. Sent unbroken they would do something, so they are always broken.
 */
export interface Input {
  method: 'POST' | 'PUT' | 'PATCH';
  url: string;
  members: Record<string, unknown>;
  /** Members that may be missing. */
  optional: readonly string[];
  type: 'application/json' | 'application/x-www-form-urlencoded';
  /** Types that are taken beside `type`. */
  alsoTakes?: string;
}

const device = softwareAuthenticator();
const asked = { challenge: 'x'.repeat(96), rpId: 'localhost', userVerification: 'required', allowCredentials: [] };
const rp = { id: 'localhost', name: 'Countersign' };
const user = { id: 'aGFuZGxl', name: 'root', displayName: 'root' };
const chosen = { pubKeyCredParams: [], excludeCredentials: [], authenticatorSelection: {} };

/** What an authenticator answers, to questions that nobody here has asked. */
const registration = device.create({ rp, user, challenge: asked.challenge, ...chosen });
const assertion = device.get(asked);

export const inputs: readonly Input[] = [
  json('POST', '/auth/credentials', { otp: '123456', recovery_code: 'ABCD' }, ['otp', 'recovery_code']),
  json('POST', '/auth/reauthenticate', { password: 'a password', otp: '123456' }, ['otp']),
  json('POST', '/auth/reauthenticate', { passkey: assertion }),
  json('POST', '/auth/passkeys/sign-in', { ceremony: 'csc_x', credential: assertion }),
  json('POST', '/auth/passkeys', { name: 'Phone', credential: registration }, ['name']),
  json('PATCH', '/auth/passkeys/:id', { name: 'Phone' }),
  json('PUT', '/auth/otp/enable', { enabled: true, otp: '123456' }, ['otp']),
  json('PUT', '/auth/password', { current: 'a password', new: 'four unrelated plain words' }),
  json('POST', '/users', { name: 'zoe', roles: [], password: 'four unrelated plain words' }, ['roles', 'password']),
  json('PATCH', '/users/:id', { name: 'zoe', disabled: true, roles: [] }, ['name', 'disabled', 'roles']),
  json('POST', '/service-tokens', { name: 'sync', expires_in_days: 90 }, ['expires_in_days']),
  form('/sign-in', { username: 'zoe', password: 'a password', return_to: '/account' }, ['return_to']),
  form('/sign-in/code', { otp: '123456', username: 'root' }, ['username']),
  form('/sign-in/recovery-code', { recovery_code: 'ABCD', username: 'root' }, ['username']),
  form('/sign-in/passkey', { credential: JSON.stringify(assertion), return_to: '/account' }, ['return_to']),
  form('/sign-in/second-passkey', { credential: JSON.stringify(assertion), username: 'root' }, ['username']),
  form('/reauthenticate/passkey', { credential: JSON.stringify(assertion), username: 'root', return_to: '/account' }, [
    'username',
    'return_to',
  ]),
  form(
    '/reauthenticate',
    { password: 'a password', otp: '123456', recovery_code: 'ABCD', username: 'root', return_to: '/account' },
    ['otp', 'recovery_code', 'username', 'return_to'],
  ),
  form('/account/authenticator', { otp: '123456', username: 'root', return_to: '/account' }, ['username', 'return_to']),
  form(
    '/account/password',
    { current: 'a password', new: 'four unrelated plain words', username: 'root', return_to: '/account' },
    ['current', 'username', 'return_to'],
  ),
  form(
    '/account/passkeys',
    { name: 'Phone', credential: JSON.stringify(registration), username: 'root', return_to: '/account' },
    ['username', 'return_to'],
  ),
  form('/account/passkeys/rename', { id: 'nobody', name: 'Phone', username: 'root' }, ['username']),
  form('/account/passkeys/remove', { id: 'nobody', accept: 'no_way_in', username: 'root' }, ['accept', 'username']),
  form('/account/sessions/end', { id: 'nobody', username: 'root' }, ['username']),
  form('/account/sessions/forget', { id: 'nobody', username: 'root' }, ['username']),
  form('/admin/users', { name: 'zoe', administrator: 'yes' }, ['administrator']),
  form('/admin/users/:id/rename', { name: 'zoe' }),
  form('/admin/service-tokens', { name: 'sync', days: '90' }),
  form('/setup', { token: 'csl_x', name: 'zoe', password: 'four unrelated plain words' }),
  form('/invitation', { token: 'csl_x', username: 'zoe', password: 'four unrelated plain words' }, ['username']),
  // The last of these ends what is on the way to a session, which others need.
  ...['authenticator/replace', 'authenticator/keep', 'authenticator/off', 'recovery-codes', 'sessions/end-others'].map(
    (verb) => form(`/account/${verb}`, { username: 'root' }, ['username']),
  ),
];

function json(method: Input['method'], url: string, members: Input['members'], optional: string[] = []): Input {
  const alsoTakes = url === '/auth/credentials' ? { alsoTakes: 'application/x-www-form-urlencoded' } : {};
  return { method, url, members, optional, type: 'application/json', ...alsoTakes };
}

function form(url: string, members: Input['members'], optional: string[] = []): Input {
  return { method: 'POST', url, members, optional, type: 'application/x-www-form-urlencoded' };
}

/** Somebody who may call every route, and what he sends to say so. */
export interface Caller {
  person: Person;
  other: Person;
  headersFor(url: string): Record<string, string>;
  address(url: string): string;
}

/** Pages of a half sign-in, which is another browser's than the session. */
const halfwayPages = ['/sign-in/code', '/sign-in/recovery-code', '/sign-in/second-passkey'];

/**
 * An administrator who has proved everything a moment ago, and in another browser the password alone, in a world where
 * nobody else has done anything yet.
 */
export async function makeCaller(world: World): Promise<Caller> {
  const person = await makePersonWithCode(world, 'root', true);
  const other = await makePerson(world, 'alice');
  const token = await signIn(world, person);
  const basic = `Basic ${Buffer.from(person.basic).toString('base64')}`;
  const cookie = await halfSignIn(world, person);
  return {
    person,
    other,
    headersFor: (url) => ({
      authorization: url === '/auth/credentials' ? basic : `Bearer ${token}`,
      'sec-fetch-site': 'same-origin',
      ...(halfwayPages.includes(url) ? { cookie } : {}),
    }),
    address: (url) => url.replace(':id', other.id),
  };
}

/** The cookie of a browser in which the password was right and the second factor is still to come. */
export async function halfSignIn(world: World, { name, password }: Person): Promise<string> {
  const { headers } = await world.call('POST', '/sign-in', { form: { username: name, password } });
  const cookie = [headers['set-cookie']].flat().find((each) => String(each).includes('=csh_'));
  if (cookie === undefined) throw new Error(`${name} is not half signed in`);
  return String(cookie).split(';')[0] ?? '';
}
