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

export const inputs: readonly Input[] = [
  json('POST', '/auth/credentials', { otp: '123456', recovery_code: 'ABCD' }, ['otp', 'recovery_code']),
  json('POST', '/auth/reauthenticate', { password: 'a password', otp: '123456' }, ['otp']),
  json('PUT', '/auth/otp/enable', { enabled: true, otp: '123456' }, ['otp']),
  json('PUT', '/auth/password', { current: 'a password', new: 'four unrelated plain words' }),
  json('POST', '/users', { name: 'zoe', roles: [], password: 'four unrelated plain words' }, ['roles', 'password']),
  json('PATCH', '/users/:id', { name: 'zoe', disabled: true, roles: [] }, ['name', 'disabled', 'roles']),
  form('/setup', { token: 'csl_x', name: 'zoe', password: 'four unrelated plain words' }),
  form('/invitation', { token: 'csl_x', username: 'zoe', password: 'four unrelated plain words' }, ['username']),
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

/** An administrator who has proved everything a moment ago, in a world where nobody else has done anything yet. */
export async function makeCaller(world: World): Promise<Caller> {
  const person = await makePersonWithCode(world, 'root', true);
  const other = await makePerson(world, 'alice');
  const token = await signIn(world, person);
  const basic = `Basic ${Buffer.from(person.basic).toString('base64')}`;
  return {
    person,
    other,
    headersFor: (url) => ({
      authorization: url === '/auth/credentials' ? basic : `Bearer ${token}`,
      'sec-fetch-site': 'same-origin',
    }),
    address: (url) => url.replace(':id', other.id),
  };
}
