import type { Writable } from 'node:stream';
import { createAdmin } from './admin/admin.ts';
import { createAudit } from './audit/audit.ts';
import { type Clock, systemClock } from './clock.ts';
import { type Database, type DatabaseWatch, openDatabase, watched } from './database/database.ts';
import { databaseOf, type Options, resolveOptions } from './options.ts';
import { createPasskeys } from './passkeys/passkeys.ts';
import {
  type Argon2,
  argon2,
  type Blocklist,
  createHasher,
  createPasswords,
  type HashWatch,
  loadBlocklist,
} from './passwords/passwords.ts';
import type { Keyring } from './seal.ts';
import { createServiceTokens } from './service-tokens/service-tokens.ts';
import { createBrowsers, createSessions } from './sessions/sessions.ts';
import { createSetup } from './setup/setup.ts';
import { createSignIn } from './sign-in/sign-in.ts';
import { createThrottle, defaultLimits, type Limits } from './throttle/throttle.ts';
import { createTotp } from './totp/totp.ts';
import {
  beginHistory,
  createAcceptClock,
  createAcceptRestored,
  createClockCheck,
  createMarkKeeper,
  type DatabaseTime,
  databaseTimeFor,
  inTurns,
  requireKeyFile,
  sweep,
  unlock,
  whileAgreed,
} from './upkeep/upkeep.ts';

/** What a test, or a program around this one, may put in place of the real thing. */
export interface Parts {
  clock?: Clock;
  argon2?: Argon2;
  limits?: Partial<Limits>;
  logStream?: Writable;
  /** What the clock is held against; else the server of the database, unless the clock is one that somebody brings. */
  databaseTime?: DatabaseTime;
  /** Told in a sentence when the start has to wait for the database. */
  onWait?: (sentence: string) => void;
  /** How often the mark is renewed, in ms; else every 30 seconds. */
  markEvery?: number;
}

/** Is told what goes on, for the metrics. */
interface Watch {
  database: DatabaseWatch;
  hashes: HashWatch;
}

export type Service = Awaited<ReturnType<typeof openService>>;

/**
 * Everything below HTTP: opens the database and the key file and hands each feature what it needs. The server and the
 * command line both work on it. Throws `OptionError` or `KeyError` with a sentence that says what to do.
 */
export async function openService(given: Partial<Options> = {}, parts: Parts = {}, watch?: Watch) {
  const options = resolveOptions(given);
  const clock = parts.clock ?? systemClock;
  const common = await loadBlocklist(options.passwordBlocklistFile);
  await requireKeyFile(databaseOf(options), options);
  const unwatched = await openDatabase(databaseOf(options), parts.onWait);
  const database = watch ? watched(unwatched, watch.database) : unwatched;
  try {
    const opened = await unlock(database, options, clock());
    await beginHistory(database, clock());
    const service = wire({ ...opened, options, clock, database, common, watch }, parts);
    await service.passwords.learnParameters();
    return service;
  } catch (error) {
    await database.close();
    throw error;
  }
}

interface Opened {
  options: Options;
  clock: Clock;
  database: Database;
  sealer: Keyring;
  throttleSecret: Buffer;
  common: Blocklist;
  watch: Watch | undefined;
}

/** Puts the features together by hand, each with what stands below it. */
function wire({ options, clock, database: atAnyTime, sealer, throttleSecret, common, watch }: Opened, parts: Parts) {
  const { requireSecondFactor } = options;
  const { publicUrl, listensAt } = ownUrl(options);
  const databaseTime = parts.databaseTime ?? databaseTimeFor(clock);
  const clockCheck = createClockCheck({ database: atAnyTime, clock, databaseTime });
  const { mustKnowTime } = clockCheck;
  const database = whileAgreed(atAnyTime, clockCheck);
  const ground = { database, clock, audit: createAudit({ sealer, retention: options.auditRetention }) };
  const limits: Limits = { ...defaultLimits, ...parts.limits };
  const throttle = createThrottle({ ...ground, limits, secret: throttleSecret });
  const hasher = createHasher(hashParameters(options), parts.argon2 ?? argon2, watch?.hashes);
  const passwords = createPasswords({ database, hasher, sealer, common, service: options.issuer });
  const sessions = createSessions({ database, lifetime: options.sessionLifetime, idle: options.sessionIdle });
  const browsers = createBrowsers({ throttle });
  const serviceTokens = createServiceTokens({ database });
  const totp = createTotp({ sealer, window: options.totpWindow === 0 ? 0 : 1 });
  const passkeys = createPasskeys({ database, secret: throttleSecret, publicUrl, service: options.issuer });
  const factors = { ...ground, throttle, sessions, browsers, passwords, totp, passkeys, requireSecondFactor };
  const signIn = createSignIn({ ...factors, mustKnowTime });
  const admin = createAdmin({ ...factors, serviceTokens, signIn, publicUrl });
  const setup = createSetup({ ...factors, publicUrl });

  const { audit } = ground;
  const expiring = [throttle, sessions, browsers, signIn, serviceTokens, passwords, totp, passkeys, setup, audit];
  const inTransactions = [...expiring.map((feature) => feature.sweep), passwords.rereadParameters];
  const sweeps = [...inTransactions.map((each) => inTurns(database, each)), sessions.sweepIdle];
  const aging = [throttle, passwords, setup, serviceTokens].map(({ acceptTime }) => acceptTime);
  const accept = [...aging, passkeys.voidChallenges];
  const voidLinks = [passwords.voidAllLinks, setup.voidAll];
  const marked = { database: atAnyTime, clock, keys: async () => sealer };
  const mark = createMarkKeeper({ ...marked, place: options, every: parts.markEvery });
  return {
    ...ground,
    /** The same database for what an instance notes of itself, whatever its clock says. */
    atAnyTime,
    options,
    sealer,
    passwords,
    sessions,
    browsers,
    totp,
    passkeys,
    signIn,
    admin,
    setup,
    clockCheck,
    acceptClock: createAcceptClock({ ...ground, database: atAnyTime, databaseTime, totp, signIn, accept }),
    mark,
    acceptRestored: createAcceptRestored({ ...ground, mark, signIn, totp, passkeys, serviceTokens, voidLinks }),
    publicUrl,
    listensAt,
    /** Deletes what has expired; nothing while the clock is not that of the database's server. */
    async sweep(): Promise<void> {
      if ((await clockCheck.apart()) === undefined) await sweep(sweeps, clock());
    },
    async close(): Promise<void> {
      await sessions.writeSeen();
      await database.close();
    },
  };
}

/** Where people reach the service. */
function ownUrl({ publicUrl, tlsCert, port }: Options) {
  let url = publicUrl || `${tlsCert ? 'https' : 'http'}://localhost:${port}`;
  return {
    publicUrl: (): string => url,
    /** Told the address really listened on, where no public URL is given. */
    listensAt(address: string): void {
      if (publicUrl === '') url = address;
    },
  };
}

function hashParameters(options: Options) {
  const { argon2Memory: memory, argon2Passes: passes, hashConcurrency: concurrency, hashQueue: queue } = options;
  return { memory, passes, concurrency, queue };
}
