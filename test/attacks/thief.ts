import { isUtf8 } from 'node:buffer';
import { createECDH, createPrivateKey, type KeyObject } from 'node:crypto';
import { encodeBase32 } from '../../src/base32.ts';
import { type PasskeyPerson, signInWithPasskey } from '../passkeys.ts';
import { type Answer, codeAt, type Person, type World } from '../server.ts';

type Thieved = Person | PasskeyPerson;

/**
 * A script with a copy of the database and no key: it sends each value that it has found, in every usual spelling, to
 * every place that takes a secret, and answers what opened for it.
 */
export async function breakIn(world: World, people: readonly Thieved[], found: Iterable<unknown>): Promise<string[]> {
  const opened: string[] = [];
  const seen = new Set<string>();
  const tryOnce = async (text: string, ways: Way<string>[]): Promise<void> => {
    for (const [way, knock] of ways) {
      const attempt = `${way}: ${text}`;
      if (seen.has(attempt)) continue;
      seen.add(attempt);
      if (await knock(text)) opened.push(attempt);
    }
  };
  for (const value of found) {
    if (value instanceof Uint8Array) {
      for (const [way, knock] of waysOfBytes(world, people)) {
        if (await knock(Buffer.from(value))) opened.push(`${way}: ${Buffer.from(value).toString('hex')}`);
      }
    }
    for (const text of textsOf(value)) await tryOnce(text, waysOfText(world, people));
    if (isTypable(value)) for (const text of textsOf(value)) await tryOnce(text, passwordsOf(world, people));
  }
  return opened;
}

/** What somebody can have thought of and typed is words; a hash, a nonce or what is sealed is nobody's password. */
function isTypable(value: unknown): boolean {
  if (!(value instanceof Uint8Array)) return true;
  return isUtf8(value) && !/\p{Cc}/u.test(Buffer.from(value).toString());
}

/** A value as somebody would type or send it. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (!(value instanceof Uint8Array)) return [];
  const bytes = Buffer.from(value);
  return [
    ...(['utf8', 'base64url', 'base64', 'hex', 'latin1'] as const).map((each) => bytes.toString(each)),
    encodeBase32(bytes),
  ];
}

type Way<T> = [name: string, knock: (value: T) => Promise<boolean>];

/** Seeds, and what recovery codes are made of. */
function waysOfBytes(world: World, people: readonly Thieved[]): Way<Buffer>[] {
  return people.flatMap((person): Way<Buffer>[] => {
    const { name, basic, secret } = person;
    if ('device' in person) return [[`a private key of ${name}`, (bytes) => signIn(world, person, bytes)]];
    const send = async (body: object) =>
      (await world.call('POST', '/auth/credentials', { basic, body })).status === 200;
    if (!secret) return [];
    return [
      [`a seed of ${name}`, async (bytes) => bytes.length >= 16 && send({ otp: codeAt(bytes, world.now()) })],
      [
        `the start of a seed of ${name}`,
        async (bytes) => bytes.length > 20 && send({ otp: codeAt(bytes.subarray(0, 20), world.now()) }),
      ],
      [
        `a recovery code of ${name}`,
        async (bytes) => bytes.length >= 15 && send({ recovery_code: encodeBase32(bytes.subarray(0, 15)) }),
      ],
    ];
  });
}

/** Signs in with a passkey whose private key somebody takes these bytes for, and whose id and handle he has found too. */
async function signIn(world: World, { device }: PasskeyPerson, bytes: Buffer): Promise<boolean> {
  const key = privateKeyOf(bytes);
  if (!key) return false;
  return (await signInWithPasskey(world, device, { key })).status === 200;
}

/** The private key of P-256 that these bytes are, if they are one. */
function privateKeyOf(d: Buffer): KeyObject | undefined {
  const pair = createECDH('prime256v1');
  try {
    pair.setPrivateKey(d);
  } catch {
    return undefined;
  }
  const text = (bytes: Buffer): string => bytes.toString('base64url');
  const point = pair.getPublicKey();
  const [x, y] = [text(point.subarray(1, 33)), text(point.subarray(33))];
  return createPrivateKey({ key: { kty: 'EC', crv: 'P-256', d: text(d), x, y }, format: 'jwk' });
}

/** Tokens with and without the prefix of their kind, links, codes as they are. */
function waysOfText(world: World, people: readonly Thieved[]): Way<string>[] {
  const isToken = (text: string): boolean => /^[\x21-\x7e]+$/.test(text) && !/[;,"\\]/.test(text);
  const ok = async (answer: Promise<Answer>): Promise<boolean> => (await answer).status < 400;
  const prefixed = (prefix: string, knock: (token: string) => Promise<boolean>) => async (text: string) =>
    isToken(text) && ((await knock(text)) || (!text.startsWith('cs') && (await knock(prefix + text))));
  const cookie = (name: string, url: string) => (token: string) =>
    world.call('GET', url, { headers: { cookie: `${name}=${token}` } });
  return [
    ['a token', prefixed('csn_', (token) => ok(world.call('GET', '/me', { token })))],
    ['a service token', prefixed('css_', (token) => ok(world.call('GET', '/users', { token })))],
    ['a cookie', prefixed('csn_', (token) => ok(cookie('countersign', '/me')(token)))],
    [
      'a half sign-in',
      prefixed('csh_', async (token) => (await cookie('countersign-sign-in', '/sign-in/code')(token)).status === 200),
    ],
    [
      'a known browser',
      prefixed('csb_', async (token) => {
        const headers = { cookie: `countersign-browser=${token}` };
        const { text } = await world.call('GET', '/account', { headers });
        return /<form[^>]+action="\/sign-out"/.test(text);
      }),
    ],
    ['a link', prefixed('csl_', (token) => ok(world.call('GET', `/invitation?token=${encodeURIComponent(token)}`)))],
    ...people.map(
      ({ name, basic, secret }): Way<string> => [
        `a code of ${name}`,
        async (text) => {
          if (!secret || !/^[A-Z2-7-]{24,29}$|^\d{6}$/i.test(text)) return false;
          const body = text.length === 6 ? { otp: text } : { recovery_code: text };
          return ok(world.call('POST', '/auth/credentials', { basic, body }));
        },
      ],
    ),
  ];
}

function passwordsOf(world: World, people: readonly Thieved[]): Way<string>[] {
  return people.map(({ name }) => [
    `a password of ${name}`,
    async (text) => {
      const { body, status } = await world.call('POST', '/auth/credentials', { basic: `${name}:${text}` });
      return status === 200 || body.status === 1;
    },
  ]);
}
