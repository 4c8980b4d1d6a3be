import type { Writable } from 'node:stream';
import cookie from '@fastify/cookie';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from 'fastify';
import { serializerCompiler } from 'fastify-type-provider-zod';
import { type Clock, second } from '../clock.ts';
import { isBehindProxy, isLoopback, type Options } from '../options.ts';
import { newId } from '../tokens.ts';
import { authorize, type Lookups } from './access.ts';
import { bodyLimit, parseForm, parseJson, remember } from './body.ts';
import { addressReader } from './client.ts';
import { cookieReader } from './cookies.ts';
import { answerError, answerSocket, answerUnknown } from './errors.ts';
import { securityHeaders } from './headers.ts';
import type { InFlight } from './in-flight.ts';
import { logOptions, type RequestLogger, requestLogger } from './log.ts';
import { Problem } from './problems.ts';
import { checkSchema } from './route.ts';
import { sameOrigin } from './same-origin.ts';

/**
 * HTTP: everything between the socket and a feature's handler. Where a request comes from, whether it is well formed,
 * who sends it and whether he may, and how errors look. A route is registered with `route`; it is closed unless its
 * `access` opens it.
 */
export { bestType } from './accept.ts';
export type { Access, HalfSignIn, Level, Lookups, Proof, ServiceToken, Session } from './access.ts';
export { basicChallenge, basicCredentials } from './basic.ts';
export { bodyLimit, parseJson } from './body.ts';
export type { Client } from './client.ts';
export type { Cookies } from './cookies.ts';
export { contentPolicy } from './headers.ts';
export { countRequests } from './in-flight.ts';
export { type FormError, page, queryBefore, queryText, seeOther, sendAgain, sendPage, whose } from './page.ts';
export { Problem, type ProblemCode, problemCodes, problemFacts, problemResponse, waitWords } from './problems.ts';
export { returnTo, withReturn } from './return-to.ts';
export { route } from './route.ts';
export { serveAssets, servePageAssets } from './serve-assets.ts';

interface Parts {
  clock: Clock;
  lookups: Lookups;
  /** Throws while nobody is to be served; health and the files of pages are answered all the same. */
  mayServe?: () => Promise<void>;
  /** Origins under which our own pages are reached. */
  origins: () => readonly string[];
  tls?: { cert: string; key: string } | undefined;
  /** Is told of each request. */
  inFlight: InFlight;
  /** Is told, once for each request, how it ended: the status of its answer, or `gone` where nobody waited for one. */
  answered?: ((status: number) => void) | undefined;
  logStream?: Writable | undefined;
}

/** A Fastify instance that has no routes yet and refuses any that does not say who may call it. */
export async function createHttp(options: Options, parts: Parts): Promise<FastifyInstance> {
  const https = parts.tls !== undefined || options.publicUrl.startsWith('https://');
  // On this machine's own name it would force every other page there to HTTPS for a year.
  const own = isLoopback(options.publicUrl ? new URL(options.publicUrl).hostname : options.host);
  const headers = securityHeaders(https && !own);
  const site = { service: options.issuer, contact: options.contact };
  const log = logOptions(options, parts.logStream);
  const app: FastifyInstance = Fastify({
    ...limits,
    ...(parts.tls ? { https: { ...parts.tls, ...limits.http, ...strongTls } } : {}),
    logger: log,
    // None for each request: what logs of one names it, see errors.ts, and nothing of Fastify's own does while all is well.
    childLoggerFactory: (logger) => logger,
    logController: new LogController({ disableRequestLogging: true }),
    // What was sent before the connection is closed is answered, not turned away.
    return503OnClosing: false,
    genReqId: newId,
    schemaController: { compilersFactory: byZod },
    requestIdHeader: false,
    clientErrorHandler: answerSocket,
    // An address that cannot be decoded reaches no hook, so its headers are set here.
    frameworkErrors: (error, request, reply) => answerError(error, request, reply.headers(headers), site),
  }) as FastifyInstance;
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply, site));
  app.decorateRequest('caller');
  readBodies(app);
  refuseUndeclared(app);
  answerUnknown(app, site);
  // Read in cookies.ts, where there are any.
  await app.register(cookie, { hook: false });
  receive(app, options, parts, { headers, https });
  // Between the two, so that a page of another origin can read why it was refused.
  if (options.corsOrigins.length > 0) {
    const { default: cors } = await import('@fastify/cors');
    await app.register(cors, { ...crossOrigin, origin: options.corsOrigins });
  }
  admit(app, parts);
  finish(app, parts, log.level === 'info' || log.level === 'debug' ? requestLogger(log) : undefined);
  return app;
}

/** Given at once, Fastify does not load what it would compile JSON schemas with; its types know of no other schemas. */
const byZod: object = { buildValidator: () => checkSchema, buildSerializer: () => serializerCompiler };

/** What pages of the configured origins may do; never with cookies. */
const crossOrigin = {
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
  allowedHeaders: ['Authorization', 'Content-Type'],
  exposedHeaders: ['Retry-After', 'WWW-Authenticate'],
  maxAge: 600,
  strictPreflight: false,
};

/** TLS of our own: suites with forward secrecy and authenticated encryption only, ours first (ASVS 12.1.1, 12.1.2). */
const strongTls = {
  minVersion: 'TLSv1.2',
  honorCipherOrder: true,
  ciphers: [
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'TLS_AES_128_GCM_SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
  ].join(':'),
} as const;

const limits = {
  bodyLimit,
  connectionTimeout: 60 * second,
  keepAliveTimeout: 72 * second,
  requestTimeout: 30 * second,
  http: { maxHeaderSize: 16 * 1024, headersTimeout: 15 * second, connectionsCheckingInterval: 5 * second },
  routerOptions: { maxParamLength: 128 },
};

function readBodies(app: FastifyInstance): void {
  const refuse = (): never => {
    throw new Problem('unsupported_media_type');
  };
  // An empty body is no body whatever its content type; anything else that is encoded, or of an unknown type, is refused.
  const read = (parse: (bytes: Buffer) => unknown) => async (request: FastifyRequest, bytes: Buffer) => {
    if (bytes.length === 0) return undefined;
    if ((request.headers['content-encoding'] ?? 'identity') !== 'identity') return refuse();
    const body = parse(bytes);
    // Where a body may be left out, its schema would take this for none.
    if (body === null) throw new Problem('invalid', { detail: 'The body is null: send an object, or nothing.' });
    return body;
  };
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, read(parseJson));
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'buffer' }, read(parseForm));
  app.addContentTypeParser('*', { parseAs: 'buffer' }, read(refuse));
  app.addHook('preValidation', (request, _reply, done) => {
    checkQuery(request);
    if (request.body !== undefined) checkMediaType(request);
    done();
  });
}

function checkMediaType(request: FastifyRequest): void {
  const [type = ''] = (request.headers['content-type'] ?? '').toLowerCase().split(';');
  const { accepts: accepted = [] } = request.routeOptions.config;
  if (!accepted.some((each) => each === type.trim())) throw new Problem('unsupported_media_type');
}

function checkQuery(request: FastifyRequest): void {
  const question = request.url.search(/[?#]/);
  if (question < 0) return;
  const query = request.url.slice(question + 1);
  const seen = new Set<string>();
  for (const [key] of new URLSearchParams(query)) remember(key, seen);
}

/** Deny by default: a route that does not say who may call it stops the start. */
function refuseUndeclared(app: FastifyInstance): void {
  app.addHook('onRoute', ({ method, url, config }) => {
    const preflight = method === 'OPTIONS' && url === '*';
    if (!config?.access && !preflight) throw new Error(`${method} ${url} does not declare who may call it (access)`);
  });
}

/** Finds out where a request comes from; behind a declared proxy only that is answered, health excepted. */
function receive(
  app: FastifyInstance,
  options: Options,
  parts: Parts,
  { headers, https }: { headers: Record<string, string>; https: boolean },
): void {
  const { addressOf, trusted } = addressReader(options.trustProxy, options.proxyHeader);
  const readCookies = cookieReader(https);
  const behindProxy = isBehindProxy(options);
  const { inFlight } = parts;

  app.addHook('onRequest', (request, reply, done) => {
    inFlight.begin(reply);
    reply.headers(headers).header('request-id', request.id);
    const address = addressOf(request.raw);
    const userAgent = (request.headers['user-agent'] ?? '').slice(0, 256);
    const now = parts.clock();
    const cookies = readCookies(request, reply, now);
    request.caller = { client: { address, userAgent, browserTokens: cookies.browserTokens }, cookies, now };
    if (behindProxy && !isHealth(request) && !trusted(request.socket.remoteAddress ?? ''))
      throw new Problem('forbidden', { detail: 'This service answers its proxy only.' });
    done();
  });
}

const isHealth = ({ routeOptions: { url } }: FastifyRequest): boolean => url === '/healthz' || url === '/readyz';

/** Decides, before a body is read, whether a request may go on. */
function admit(app: FastifyInstance, parts: Parts): void {
  app.addHook('onRequest', async (request) => {
    if (request.is404) return;
    const { access, page, always } = request.routeOptions.config;
    if (!always) await parts.mayServe?.();
    if (page && request.method === 'POST' && !sameOrigin(request.headers, parts.origins())) {
      throw new Problem('forbidden', {
        detail: 'This form can only be sent from our own page: open it again and retry.',
      });
    }
    const { cookies, now } = request.caller;
    if (access) await authorize(request, { access, cookies, origins: parts.origins, now }, parts.lookups);
  });
}

/**
 * Logs and counts each request once: when it has been answered, or when whoever asked has gone before; then it is over.
 */
function finish(app: FastifyInstance, { inFlight, answered }: Parts, log: RequestLogger | undefined): void {
  const tell = (reply: FastifyReply, status: number): void => {
    log?.(reply.request, reply, status);
    answered?.(status);
  };
  inFlight.whoLeaves((reply) => tell(reply, gone));
  app.addHook('onResponse', (_request, reply, done) => {
    if (inFlight.has(reply.raw)) tell(reply, reply.statusCode);
    inFlight.end(reply.raw);
    done();
  });
}

/** No answer has this status; in logs it is what web servers write where nobody has waited for one. */
const gone = 499;
