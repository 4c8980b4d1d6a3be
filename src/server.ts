import { readFileSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import { accountRoutes } from './account/routes.ts';
import { adminRoutes } from './admin/routes.ts';
import { minute } from './clock.ts';
import { upgradeSentence } from './database/database.ts';
import { collectRoutes, documentationRoutes } from './documentation/routes.ts';
import { countRequests, createHttp, type Lookups, Problem, servePageAssets } from './http/http.ts';
import { isBehindProxy, isLoopback, type Options } from './options.ts';
import { passkeyRoutes } from './passkeys/routes.ts';
import type { Server } from './server-type.ts';
import { openService, type Parts, type Service } from './service.ts';
import { setupRoutes } from './setup/routes.ts';
import { signInRoutes } from './sign-in/routes.ts';
import { totpRoutes } from './totp/routes.ts';
import { healthRoutes } from './upkeep/routes.ts';
import { createInstance, createMetrics, type Metrics } from './upkeep/upkeep.ts';
import { findUserByName } from './users/users.ts';

/** A Fastify instance that serves all routes, with what a program around it, the command line and tests use beside them. */
export interface OwnServer extends FastifyInstance, Pick<Server, 'users' | 'sessions'> {
  /** The service below HTTP, for the command line. */
  service: Service;
  /** Says good-bye to the other instances and makes the mark a last time, once; what fails is logged. */
  leave(): Promise<void>;
  /** From now on `/readyz` answers 503, so that a proxy sends no more; requests are still answered. */
  drain(): void;
  /** Where a port of theirs is configured. */
  metrics: Metrics | undefined;
  /** This process among those that serve on the same database. */
  instance: ReturnType<typeof createInstance>;
}

const sweepEvery = 10 * minute;

/**
 * Builds the server; `listen` starts it and `close` ends it. It can be given to another Node program as well: see
 * `docs/how-to/embed.md`.
 */
export async function createServer(given: Partial<Options> = {}, parts: Parts = {}): Promise<OwnServer> {
  const metrics = given.metricsPort ? await createMetrics() : undefined;
  const service = await openService(given, parts, metrics?.watch);
  try {
    return await serve(service, parts, metrics);
  } catch (error) {
    await service.close();
    throw error;
  }
}

async function serve(service: Service, parts: Parts, metrics: Metrics | undefined): Promise<OwnServer> {
  const { audit, options, clock, clockCheck, database, passwords, sessions, totp, passkeys, signIn, admin, setup } =
    service;
  const lookups = lookupsOf(service, metrics);
  let draining = false;
  const inFlight = countRequests();

  const app = await createHttp(options, {
    clock,
    lookups,
    mayServe: () => mayServe(service),
    origins: () => ownOrigins(service),
    inFlight,
    answered: metrics?.answered,
    tls: options.tlsCert
      ? { cert: readFileSync(options.tlsCert, 'utf8'), key: readFileSync(options.tlsKey, 'utf8') }
      : undefined,
    logStream: parts.logStream,
  });
  metrics?.follow(app, { load: passwords.load, alarms: signIn.alarms });
  const routes = collectRoutes(app);
  const site = { service: options.issuer, contact: options.contact };
  servePageAssets(app);
  const count = metrics?.countSignIn ?? ((): void => undefined);
  signInRoutes(app, { database, signIn, site, otpInQuery: options.otpInQuery, count });
  const { provision, startReplacing } = signIn.provisioning;
  totpRoutes(app, { provision, startReplacing, issuer: options.issuer });
  const list = (userId: string) => passkeys.list(database.read, userId);
  passkeyRoutes(app, { list, begin: signIn.passkeyOptions.registration, ...signIn.passkeys });
  const { browsers } = service;
  accountRoutes(app, { audit, database, clock, passwords, sessions, browsers, totp, passkeys, signIn, site });
  adminRoutes(app, { database, admin, site });
  setupRoutes(app, { setup, site });
  const instance = createInstance({ database: service.atAnyTime, clock, keyring: service.sealer, place: options });
  healthRoutes(app, { database, clockCheck, mark: service.mark, instance, draining: () => draining });
  documentationRoutes(app, { service: options.issuer, routes });

  await sayAtStart(app, service);
  app.addHook('onListen', async () => {
    const [address] = app.addresses();
    const port = typeof address === 'object' ? address.port : options.port;
    service.listensAt(`${options.tlsCert ? 'https' : 'http'}://localhost:${port}`);
  });
  app.addHook('preClose', async () => {
    draining = true;
  });
  // Whoever keeps a connection alive learns that it is about to end before he sends on it again.
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (draining) reply.header('connection', 'close');
    done();
  });
  await service.mark.join({
    say: (sentence) => app.log.warn(sentence),
    complain: (what) => app.log.error({ err: what }, 'mark'),
  });
  await instance.join((what) => app.log.error({ err: what }, 'keys'));
  const leave = farewell(app, service, instance);
  cleanUp(app, service, leave);
  // After that, because what is added last is done first.
  endInFlight(app, inFlight);

  return Object.assign(app, {
    service,
    metrics,
    instance,
    ...forPrograms(service, lookups),
    leave,
    drain: () => {
      draining = true;
    },
  });
}

/** What a program around the server does with people and sessions. */
function forPrograms(
  { admin, database, clock }: Service,
  { findSession }: Lookups,
): Pick<Server, 'users' | 'sessions'> {
  return {
    users: {
      async create(user) {
        const created = await admin.create('operator', { administrator: false, ...user });
        return { id: created.user.id, name: created.user.name, ...(created.link ? { link: created.link.url } : {}) };
      },
      find: (name) => findUserByName(database.read, name),
    },
    sessions: {
      find: async (token) => (token ? findSession(token, clock()) : undefined),
      endAll: (userId) => admin.endSessions('operator', userId),
    },
  };
}

/** Logs what opening the database has done, and what is wrong with the clock, now and from now on. */
async function sayAtStart(app: FastifyInstance, { database, clockCheck }: Service): Promise<void> {
  const upgraded = upgradeSentence(database.upgrade);
  if (upgraded) app.log.info(upgraded);
  const wrong = await clockCheck.wrong();
  if (wrong) app.log.warn(wrong);
  clockCheck.complainTo((sentence) => app.log.error(sentence));
}

/** Finds what a token stands for. */
function lookupsOf({ signIn, admin }: Service, metrics: Metrics | undefined): Lookups {
  const { findSession } = signIn;
  return {
    findSession: metrics?.timeChecks(findSession) ?? findSession,
    findHalfSignIn: signIn.half.find,
    findServiceToken: admin.findServiceToken,
  };
}

/** Throws where the database has turned out to be an older copy, or the clock is not its own; health says why. */
async function mayServe({ mark, clockCheck }: Service): Promise<void> {
  if (mark.refusal() !== undefined)
    throw new Problem('unavailable', {
      detail: 'The database of this service is an older copy. Tell whoever runs it.',
    });
  await clockCheck.mustAgree();
}

/** Deletes what has expired from time to time, until the server closes, and ends what is below it then. */
function cleanUp(app: FastifyInstance, service: Service, leave: OwnServer['leave']): void {
  const timer = setInterval(
    () => service.sweep().catch((error: unknown) => app.log.error({ err: error }, 'sweep')),
    sweepEvery,
  );
  timer.unref();
  app.addHook('onClose', async () => {
    clearInterval(timer);
    await leave();
    await service.close();
  });
}

/** One that cannot say good-bye is forgotten in two minutes. */
function farewell(app: FastifyInstance, { mark }: Service, instance: OwnServer['instance']): OwnServer['leave'] {
  const leave = async (): Promise<void> => {
    await mark.leave().catch((error: unknown) => app.log.warn({ err: error }, 'mark'));
    await instance.leave().catch((error: unknown) => app.log.warn({ err: error }, 'leave'));
  };
  let leaving: Promise<void> | undefined;
  return () => (leaving ??= leave());
}

/** Lets what has come in be answered before whatever is below lets go. */
function endInFlight(app: FastifyInstance, inFlight: ReturnType<typeof countRequests>): void {
  let rest: NodeJS.Timeout | undefined;
  app.addHook('preClose', async () => {
    // What was answered just before may have left its connection open, and would hold up the stop.
    rest = setInterval(() => app.server.closeIdleConnections(), restMs);
  });
  app.addHook('onClose', async () => {
    clearInterval(rest);
    // The server has ended, but for the second of the two addresses that localhost may be.
    await inFlight.none();
  });
}

const restMs = 50;

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

/** Where our own pages are reached: the public URL, and on loopback each of its spellings. */
function ownOrigins({ publicUrl }: Service): string[] {
  const { origin, hostname, protocol, port } = new URL(publicUrl());
  if (hostname !== 'localhost') return [origin];
  return ['localhost', '127.0.0.1', '[::1]'].map((host) => `${protocol}//${host}${port ? `:${port}` : ''}`);
}
