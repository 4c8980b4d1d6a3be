/** A real service with people in it and two weeks behind it, for pictures of its pages. Nothing of it is kept. */
import { day, minute } from '../src/clock.ts';
import { softwareAuthenticator } from '../test/authenticator.ts';
import { listen } from '../test/listening.ts';
import { addPasskey, makePersonWithPasskey, signInWithPasskey } from '../test/passkeys.ts';
import { makePasswordlessPerson } from '../test/passwordless.ts';
import { quickHash } from '../test/quick-hash.ts';
import { freshCode, makePerson, makePersonWithCode, makeWorld } from '../test/server.ts';

/** @typedef {import('../test/server.ts').Person & { device?: import('../test/authenticator.ts').SoftwareAuthenticator }} Person with a device that holds a passkey, where there is one */
/** @typedef {import('../test/server.ts').World} World */
/**
 * @typedef {object} Scene
 * @property {World} world
 * @property {string} origin
 * @property {Record<string, Person>} people by name
 * @property {{ setup: string, invitation: string }} links one-time links, as paths
 * @property {string} emptyOrigin another service, that nobody has set up yet
 * @property {() => Promise<void>} close
 */

const devices = {
  laptop: ['192.0.2.44', 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0'],
  phone: [
    '2001:db8:85a3::8a2e:370:7334',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 26_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Mobile/15E148 Safari/604.1',
  ],
  office: [
    '198.51.100.17',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  ],
  program: ['203.0.113.9', 'curl/8.17.0'],
};

/** @returns {Promise<Scene>} */
export async function makeScene() {
  const site = { contact: 'Locked out? Ask Robin at the front desk, extension 12.' };
  const world = await makeWorld(site, { argon2: quickHash });
  const empty = await makeWorld(site, { argon2: quickHash });
  await Promise.all([listen(world), listen(empty)]);
  const [origin, emptyOrigin] = [originOf(world), originOf(empty)];
  const people = await makePeople(world);
  await startAdministration(world, people);
  await liveTwoWeeks(world, people);
  await lastHour(world, people);
  const { link: invitation } = await world.server.users.create({ name: 'iris' });
  return {
    world,
    origin,
    people,
    links: {
      setup: pathOf(await empty.server.service.setup.makeLink()),
      invitation: pathOf(invitation),
    },
    emptyOrigin,
    close: async () => {
      await world.close();
      await empty.close();
    },
  };
}

/** Where passkeys work: under the name that the public URL says. @param {World} world */
function originOf(world) {
  return new URL(world.server.service.publicUrl()).origin;
}

/** @param {World} world */
async function makePeople(world) {
  const people = [
    await makePersonWithCode(world, 'root', true),
    await makePersonWithCode(world, 'bob'),
    await makePersonWithCode(world, 'carol'),
    await makePersonWithCode(world, 'frida'),
  ];
  // Without a second factor; grace must have one, being an administrator, and frank and sam do something in a picture.
  for (const name of ['alice', 'frank', 'sam', 'søren', 'zoë', 'noor', longName])
    people.push(await makePerson(world, name));
  people.push(await makePerson(world, 'grace', true));
  // One with everything, one with a password and a passkey, one with a passkey alone.
  people.push(await withPasskeys(world, await makePersonWithCode(world, 'petra')));
  const deviceHere = () => softwareAuthenticator({ origin: originOf(world) });
  people.push(await makePersonWithPasskey(world, 'quentin', { device: deviceHere() }));
  const rosa = await makePasswordlessPerson(world, 'rosa', { device: deviceHere() });
  people.push({ ...rosa, password: '', basic: '' });
  return Object.fromEntries(people.map((person) => [person.name, person]));
}

/** @param {World} world @param {Person} who */
async function withPasskeys(world, who) {
  const origin = originOf(world);
  const phone = softwareAuthenticator({ origin });
  const token = await signIn(world, who, 'laptop');
  for (const [name, device] of /** @type {const} */ ([
    ['Phone', phone],
    ['Security key in the drawer', softwareAuthenticator({ origin, synced: false })],
  ])) {
    await addPasskey(world, token, device, { name });
    world.turn(minute);
  }
  await signInWithPasskey(world, phone);
  return { ...who, device: phone };
}

/** As long as a name may be. */
const longName = 'maximiliane-von-und-zu-hohenstein-wittgenstein-berleburg-the-2nd';

/** @param {World} world @param {Record<string, Person>} people */
async function startAdministration(world, people) {
  const token = await signIn(world, person(people, 'root'), 'office');
  await world.call('PATCH', `/users/${person(people, 'noor').id}`, { token, body: { disabled: true } });
  for (const [name, days] of /** @type {const} */ ([
    ['HR import', 90],
    ['Nightly report', 30],
    ['Door system', 365],
  ]))
    await world.call('POST', '/service-tokens', { token, body: { name, expires_in_days: days } });
}

/** @param {World} world @param {Record<string, Person>} people */
async function liveTwoWeeks(world, people) {
  const devicesOf = /** @type {(keyof typeof devices)[]} */ (['laptop', 'phone', 'office', 'program']);
  for (let today = 0; today < 14; today += 1) {
    const weekend = today % 7 >= 5;
    const names = ['alice', 'bob', 'søren', 'zoë', 'frida', longName].slice(0, weekend ? 2 : 4 + (today % 3));
    for (const [index, name] of names.entries()) {
      world.turn(20 * minute);
      if ((today + index) % 3 === 0) await mistype(world, name);
      await signIn(world, person(people, name), devicesOf[(today + index) % 4] ?? 'laptop');
    }
    // A stranger tries bob's password until nothing more is judged.
    if (today === 9) for (let tries = 0; tries < 8; tries += 1) await mistype(world, 'bob', 'program');
    if (today === 4) await loseThePhone(world, person(people, 'carol'));
    world.turn(day - names.length * 20 * minute);
  }
}

/** Carol signs in by recovery codes until two are left. @param {World} world @param {Person} carol */
async function loseThePhone(world, carol) {
  for (const code of (carol.recoveryCodes ?? []).slice(0, 8)) {
    world.turn(minute);
    await post(world, 'phone', carol.basic, { recovery_code: code });
  }
}

/** Sessions that are there to be seen. @param {World} world @param {Record<string, Person>} people */
async function lastHour(world, people) {
  for (const device of /** @type {const} */ (['phone', 'office', 'program'])) {
    await signIn(world, person(people, 'bob'), device);
    await signIn(world, person(people, 'alice'), device);
    world.turn(9 * minute);
  }
  const token = await signIn(world, person(people, 'root'), 'office');
  const { body } = await world.call('POST', '/service-tokens', {
    token,
    body: { name: 'Access cards', expires_in_days: 7 },
  });
  await world.call('GET', '/users', { token: body.token });
}

/** @param {World} world @param {Person} who @param {keyof typeof devices} device */
async function signIn(world, who, device) {
  const body = who.secret ? { otp: freshCode(world, who.secret) } : undefined;
  const answer = await post(world, device, who.basic, body);
  if (!answer.body.token) throw new Error(`${who.name} could not sign in: ${answer.text}`);
  return answer.body.token;
}

/** @param {World} world @param {string} name @param {keyof typeof devices} device */
function mistype(world, name, device = 'laptop') {
  return post(world, device, `${name}:correct horse`);
}

/** @param {World} world @param {keyof typeof devices} device @param {string} basic @param {unknown} [body] */
function post(world, device, basic, body) {
  const [from = '', userAgent = ''] = devices[device];
  const headers = { 'user-agent': userAgent };
  return world.call('POST', '/auth/credentials', { basic, from, headers, ...(body ? { body } : {}) });
}

/** @param {Record<string, Person>} people @param {string} name @returns {Person} */
export function person(people, name) {
  const found = people[name];
  if (!found) throw new Error(`There is nobody called ${name}.`);
  return found;
}

/** @param {string | undefined} link */
function pathOf(link) {
  const { pathname, search } = new URL(link ?? '');
  return pathname + search;
}
