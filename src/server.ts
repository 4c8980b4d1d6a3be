import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { accountRoutes } from './account/routes.ts';
import { createAdmin } from './admin/admin.ts';
import { adminRoutes } from './admin/routes.ts';
import { createAudit } from './audit/audit.ts';
import { type Clock, minute, systemClock } from './clock.ts';
import { openDatabase } from './database/database.ts';
import { documentationRoutes, prepareDocumentation } from './documentation/routes.ts';
import { createHttp, type Lookups, servePageAssets } from './http/http.ts';
import { isBehindProxy, isLoopback, type Options, resolveOptions } from './options.ts';
import { type Argon2, argon2, createHasher, createPasswords, loadBlocklist } from './passwords/passwords.ts';
import { createServiceTokens } from './service-tokens/service-tokens.ts';
import { createSessions } from './sessions/sessions.ts';
import { setupRoutes } from './setup/routes.ts';
import { createSetup } from './setup/setup.ts';
import { signInRoutes } from './sign-in/routes.ts';
import { createSignIn } from './sign-in/sign-in.ts';
import { createThrottle, defaultLimits, type Limits } from './throttle/throttle.ts';
import { totpRoutes } from './totp/routes.ts';
import { createTotp } from './totp/totp.ts';
import { healthRoutes } from './upkeep/routes.ts';
import { createMetrics, sweep, unlock } from './upkeep/upkeep.ts';
import { findUserByName } from './users/users.ts';

/** What a test, or a program around this one, may put in place of the real thing. */
export interface Parts {
  clock?: Clock;
  argon2?: Argon2;
  limits?: Partial<Limits>;
  logStream?: Writable;
}

export type Service = Awaited<ReturnType<typeof openService>>;

/**
 * Everything below HTTP, wired by hand: opens the database and the key file and hands each feature what it needs. The
 * server and the command line both work on it. Throws `OptionError` or `KeyFileError` with a sentence that says what to
 * do.
 */
export async function openService(given: Partial<Options> = {}, parts: Parts = {}) {
  const options = resolveOptions(given);
  const clock = parts.clock ?? systemClock;
  const { requireSecondFactor } = options;
  const place = { url: options.publicUrl || `${options.tlsCert ? 'https' : 'http'}://localhost:${options.port}` };
  const publicUrl = (): string => place.url;

  const common = await loadBlocklist(options.passwordBlocklistFile);
  const database = await openDatabase(join(options.data, 'countersign.db'));
  const sealer = await unlock(database, options.keyFile, clock()).catch(async (error: unknown) => {
    await database.close();
    throw error;
  });
  const audit = createAudit();
  const limits: Limits = { ...defaultLimits, ...parts.limits };
  const throttle = createThrottle({ database, clock, limits, secret: sealer.derive('throttle') });
  const hasher = createHasher(hashParameters(options), parts.argon2 ?? argon2);
  const passwords = createPasswords({ database, hasher, sealer, common, service: options.issuer });
  const sessions = createSessions({ database, lifetime: options.sessionLifetime, idle: options.sessionIdle });
  const serviceTokens = createServiceTokens({ database });
  const totp = createTotp({ sealer, window: options.totpWindow === 0 ? 0 : 1 });
  const signIn = createSignIn({ audit, database, clock, throttle, sessions, passwords, totp, requireSecondFactor });
  const admin = createAdmin({
    audit,
    database,
    clock,
    passwords,
    sessions,
    serviceTokens,
    totp,
    signIn,
    requireSecondFactor,
    publicUrl,
  });
  const setup = createSetup({ audit, database, clock, passwords, requireSecondFactor, publicUrl });

  return {
    options,
    clock,
    audit,
    database,
    passwords,
    sessions,
    totp,
    signIn,
    admin,
    setup,
    publicUrl,
    /** Told the address really listened on, where no public URL is given. */
    listensAt(url: string): void {
      if (options.publicUrl === '') place.url = url;
    },
    sweep: () =>
      sweep(
        database,
        [throttle.sweep, sessions.sweep, signIn.sweep, serviceTokens.sweep, passwords.sweep, totp.sweep],
        clock(),
      ),
    close: () => database.close(),
  };
}

/** A Fastify instance that serves all routes, with what a program around it needs beside them. */
export interface Server extends FastifyInstance {
  users: {
    /** Creates a user; without a password, with a one-time link to choose one. */
    create(user: {
      name: string;
      password?: string;
      administrator?: boolean;
    }): Promise<{ id: string; name: string; link?: string }>;
    find(name: string): Promise<{ id: string; name: string; administrator: boolean; disabled: boolean } | undefined>;
  };
  sessions: {
    /** The session of a token that is good now. One whose `level` is not `full` may not do what its user may. */
    find(token: string | undefined): ReturnType<Lookups['findSession']>;
    /** Ends every session of a user. */
    endAll(userId: string): Promise<number>;
  };
}

/** The same with what the command line and tests use besides. */
export interface OwnServer extends Server {
  /** The service below HTTP, for the command line. */
  service: Service;
  /** From now on `/readyz` answers 503, so that a proxy sends no more; requests are still answered. */
  drain(): void;
  metrics: ReturnType<typeof createMetrics>;
}

const sweepEvery = 10 * minute;

/**
 * Builds the server; `listen` starts it and `close` ends it. It can be given to another Node program as well: see
 * `docs/how-to/embed.md`.
 */
export async function createServer(given: Partial<Options> = {}, parts: Parts = {}): Promise<OwnServer> {
  const service = await openService(given, parts);
  const { audit, options, clock, database, passwords, sessions, totp, signIn, admin, setup } = service;
  const metrics = createMetrics(passwords.load);
  let draining = false;

  const app = await createHttp(options, {
    clock,
    lookups: {
      findSession: signIn.findSession,
      findHalfSignIn: signIn.half.find,
      findServiceToken: admin.findServiceToken,
    },
    origins: () => ownOrigins(service),
    tls: options.tlsCert
      ? { cert: readFileSync(options.tlsCert, 'utf8'), key: readFileSync(options.tlsKey, 'utf8') }
      : undefined,
    logStream: parts.logStream,
  });
  await prepareDocumentation(app, { service: options.issuer });
  const site = { service: options.issuer, contact: options.contact };
  servePageAssets(app);
  signInRoutes(app, { database, signIn, site, otpInQuery: options.otpInQuery, count: metrics.countSignIn });
  const { provision, startReplacing } = signIn.provisioning;
  totpRoutes(app, { provision, startReplacing, issuer: options.issuer });
  accountRoutes(app, { audit, database, clock, passwords, sessions, totp, signIn, site });
  adminRoutes(app, { database, admin, site });
  setupRoutes(app, { setup, site });
  healthRoutes(app, { database, draining: () => draining });
  documentationRoutes(app);

  const timer = setInterval(
    () => service.sweep().catch((error: unknown) => app.log.error({ err: error }, 'sweep')),
    sweepEvery,
  );
  timer.unref();
  app.addHook('onListen', async () => {
    const [address] = app.addresses();
    const port = typeof address === 'object' ? address.port : options.port;
    service.listensAt(`${options.tlsCert ? 'https' : 'http'}://localhost:${port}`);
  });
  app.addHook('preClose', async () => {
    draining = true;
  });
  // A connection that its client keeps alive after the last answer would hold up the stop until it is cut.
  app.addHook('onSend', async (_request, reply) => {
    if (draining) reply.header('connection', 'close');
  });
  app.addHook('onClose', async () => {
    clearInterval(timer);
    await service.close();
  });

  return Object.assign(app, {
    service,
    metrics,
    users: {
      async create(user: { name: string; password?: string; administrator?: boolean }) {
        const created = await admin.create('operator', { administrator: false, ...user });
        return { id: created.user.id, name: created.user.name, ...(created.link ? { link: created.link.url } : {}) };
      },
      find: (name: string) => findUserByName(database.read, name),
    },
    sessions: {
      find: async (token: string | undefined) => (token ? signIn.findSession(token, clock()) : undefined),
      endAll: (userId: string) => admin.endSessions('operator', userId),
    },
    drain: () => {
      draining = true;
    },
  });
}

/** Why this configuration may not listen, or nothing: passwords do not travel in clear beyond this machine. */
export function whyNotListen(options: Options): string | undefined {
  const insecure = /^http:/.test(options.publicUrl) && !isLoopback(new URL(options.publicUrl).hostname);
  if (insecure)
    return `Refusing the public URL ${options.publicUrl}: passwords would travel in clear. Begin it with https://.`;
  if (options.publicUrl.startsWith('https://') && !options.tlsCert && !isBehindProxy(options)) {
    return 'The public URL is https and this process speaks plain HTTP, so a proxy stands in front: name it with --trust-proxy (127.0.0.1 if it runs here), or everybody shares one budget of wrong passwords.';
  }
  if (isLoopback(options.host) || options.tlsCert || isBehindProxy(options)) return undefined;
  return `Refusing to serve plain HTTP on ${options.host}: passwords would travel in clear. Give --tls-cert and --tls-key, or put a TLS proxy in front and give --public-url https://… and --trust-proxy with its address.`;
}

function hashParameters(options: Options) {
  const { argon2Memory: memory, argon2Passes: passes, hashConcurrency: concurrency, hashQueue: queue } = options;
  return { memory, passes, concurrency, queue };
}

/** Where our own pages are reached: the public URL, and on loopback each of its spellings. */
function ownOrigins({ publicUrl }: Service): string[] {
  const { origin, hostname, protocol, port } = new URL(publicUrl());
  if (hostname !== 'localhost') return [origin];
  return ['localhost', '127.0.0.1', '[::1]'].map((host) => `${protocol}//${host}${port ? `:${port}` : ''}`);
}
