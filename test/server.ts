import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { decodeBase32 } from '../src/base32.ts';
import { databaseFile, type Options } from '../src/options.ts';
import { createServer, type OwnServer as Server } from '../src/server.ts';
import type { Parts } from '../src/service.ts';
import { codeAt, period } from '../src/totp/code.ts';
import { createKeyFile } from '../src/upkeep/key-file.ts';
import { type Answer, type Body, type CallOptions, headersOf, payloadOf } from './call.ts';
import { borrowDatabase, copyTemplate, isOnPostgres } from './databases/fresh.ts';

/**
 * A whole service in a folder of its own, with a clock that tests turn, and the people of our stories: alice (password),
 * bob (password and code), root (an administrator with a code). Requests go through the front door, as from a socket
 * but without one.
 */
export interface World {
  server: Server;
  /** The service's folder, for tests that look at what is stored. */
  folder: string;
  /** Where its database is; '' for the file in its folder. */
  databaseUrl: string;
  now(): number;
  /** Turns the clock on by so many milliseconds (back, if negative). */
  turn(ms: number): void;
  /** Everything logged so far, as text. */
  log(): string;
  call(method: Method, url: string, options?: CallOptions): Promise<Answer>;
  /** Stops the service and starts it again on the same folder, with other options if some are given. */
  restart(changed?: Partial<Options>): Promise<void>;
  close(): Promise<void>;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS';

/** 2026-11-22T12:00:10Z, ten seconds into a TOTP step. */
const firstMoment = Date.UTC(2026, 10, 22, 12, 0, 10);

export async function makeWorld(options: Partial<Options> = {}, parts: Parts = {}): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-test-'));
  const borrowed = isOnPostgres() ? await borrowDatabase() : undefined;
  let now = firstMoment;
  let log = '';
  const logStream = new Writable({
    write(chunk, _encoding, done) {
      log += chunk;
      done();
    },
  });
  const all = {
    data: join(folder, 'data'),
    keyFile: join(folder, 'keys', 'countersign.keys'),
    databaseUrl: borrowed?.url ?? '',
    ...options,
  };
  if (all.databaseUrl === '') copyTemplate(databaseFile(all.data));
  else await createKeyFile(all.keyFile, 'unless it exists');
  let queue: Server['service']['database']['transaction'];
  const start = async (): Promise<Server> => {
    const server = await createServer(all, { clock: () => now, logStream, ...parts });
    queue = server.service.database.transaction;
    return server;
  };

  const world: World = {
    server: await start(),
    folder,
    databaseUrl: all.databaseUrl,
    now: () => now,
    turn: (ms) => {
      now += ms;
    },
    log: () => log,
    call: async (method, url, given = {}) => {
      const answer = await world.server.inject({
        method,
        url,
        headers: headersOf(given),
        ...(given.from ? { remoteAddress: given.from } : {}),
        ...payloadOf(given),
      });
      // As between two requests over a socket: what goes on behind an answer, such as when a session was last seen.
      await turnOfLoop();
      // PostgreSQL takes more than one turn for it; this one waits behind it.
      if (world.databaseUrl) await queue(turnOfLoop).catch(() => undefined);
      const isJson = /json/.test(String(answer.headers['content-type'])) && answer.payload !== '';
      const body = (isJson ? JSON.parse(answer.payload) : {}) as Body;
      return {
        status: answer.statusCode,
        headers: answer.headers,
        body,
        text: answer.payload,
        bytes: answer.rawPayload,
      };
    },
    restart: async (changed) => {
      await world.server.close();
      Object.assign(all, changed);
      world.server = await start();
    },
    close: async () => {
      await world.server.close();
      await borrowed?.giveBack();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return world;
}

/** Runs a story in a world of its own, and takes the world down whatever happens. */
export async function inWorld(
  story: (world: World) => Promise<void>,
  options: Partial<Options> = {},
  parts: Parts = {},
): Promise<void> {
  const world = await makeWorld(options, parts);
  try {
    await story(world);
  } finally {
    await world.close();
  }
}

export interface Person {
  id: string;
  name: string;
  password: string;
  /** `name:password`, as Basic takes it. */
  basic: string;
  /** Where a second factor is proved. */
  secret?: Buffer;
  recoveryCodes?: string[];
}

const password = 'correct horse battery staple';

/** Somebody with a password. */
export async function makePerson(world: World, name = 'alice', administrator = false): Promise<Person> {
  const { id } = await world.server.users.create({ name, password, administrator });
  return { id, name, password, basic: `${name}:${password}` };
}

/** Somebody with a password and a proved authenticator; the way there is the one that people go. */
export async function makePersonWithCode(world: World, name = 'bob', administrator = false): Promise<Person> {
  const person = await makePerson(world, name, administrator);
  const token = await signIn(world, person);
  const { body: qr } = await world.call('GET', '/auth/otp/generate', {
    token,
    headers: { accept: 'application/json' },
  });
  const secret = Buffer.from(decodeBase32(qr.secret) ?? []);
  const { body } = await world.call('PUT', '/auth/otp/enable', {
    token,
    body: { enabled: true, otp: codeAt(secret, world.now()) },
  });
  await world.call('DELETE', '/auth/sessions/current', { token });
  return { ...person, secret, recoveryCodes: body.recovery_codes };
}

/** Signs in with everything that is demanded, and answers the token. Turns the clock to a fresh step where one is. */
export async function signIn(world: World, person: Person): Promise<string> {
  const code = person.secret && freshCode(world, person.secret);
  const { body } = await world.call('POST', '/auth/credentials', {
    basic: person.basic,
    ...(code ? { body: { otp: code } } : {}),
  });
  if (!body.token) throw new Error(`${person.name} could not sign in: ${JSON.stringify(body)}`);
  return body.token;
}

/** The code of the next step, to which the clock is turned: no code of an earlier call is needed twice. */
export function freshCode(world: World, secret: Buffer): string {
  world.turn(period);
  return codeAt(secret, world.now());
}

/** A code that is wrong now: none of the accepted steps has it. */
export function wrongCode(world: World, secret: Buffer): string {
  const right = [-1, 0, 1].map((step) => codeAt(secret, world.now() + step * period));
  return ['000000', '111111', '222222', '333333'].find((code) => !right.includes(code)) ?? '';
}

/** What an enrolling or fresh session sees of its QR code, as bytes of the secret. */
export async function secretOf(world: World, token: string): Promise<Buffer> {
  const { body } = await world.call('GET', '/auth/otp/generate', { token, headers: { accept: 'application/json' } });
  return Buffer.from(decodeBase32(body.secret) ?? []);
}

export type { Answer, Body, CallOptions } from './call.ts';
export { codeAt };
