import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import { validatorCompiler } from 'fastify-type-provider-zod';
import * as z from 'zod';
import type { Access, Admitted, HalfSignIn, ServiceToken, Session } from './access.ts';
import type { Client } from './client.ts';
import type { Cookies } from './cookies.ts';
import { Problem, type ProblemCode, problemFacts, problemSchema } from './problems.ts';

/**
 * One route: who may call it, what it takes, what it can answer, and a short handler. Validation, types and the OpenAPI
 * document all come from here. What the handler receives follows from `access`: a session where one is demanded, none
 * to misuse where it is not.
 */
export interface RouteSpec<A extends Access, Body, Query, Params> {
  method: HTTPMethods;
  url: string;
  access: A;
  /** Stable: generated clients name their methods after it. */
  operationId: string;
  summary: string;
  description?: string;
  tag: string;
  body?: z.ZodType<Body>;
  /** Media types that the body may come in; JSON alone where nothing is said. */
  accepts?: readonly MediaType[];
  query?: z.ZodType<Query>;
  params?: z.ZodType<Params>;
  /** Successful answers, and others that are not problem details. */
  answers: Record<number, Answer>;
  /** Problems beside those that every route, or every route of its access, can answer. */
  problems?: readonly ProblemCode[];
  /** A GET that makes or notes something: it is asked for whole, never by HEAD. */
  head?: false;
  /** Takes Basic credentials instead of a bearer token. */
  basic?: true;
  /** Is answered also while nobody may be served. */
  always?: true;
  /**
   * Pages and their forms: out of the OpenAPI document, and their writes only from our own pages. The address is where a
   * person comes back to who must first sign in or prove something; it takes the parameters of `url`.
   */
  page?: string;
  handle(call: Call<A, Body, Query, Params>): Promise<unknown>;
}

export type MediaType = 'application/json' | 'application/x-www-form-urlencoded';

export interface Answer {
  description: string;
  /** Absent where there is no body. */
  schema?: z.ZodType;
  /** Media types other than JSON. */
  types?: readonly string[];
}

export interface Call<A extends Access, Body, Query, Params> {
  session: SessionAt<A>;
  half: A extends 'half signed in' ? HalfSignIn : undefined;
  serviceToken: A extends 'administrator or service token' ? ServiceToken | undefined : undefined;
  body: Body;
  query: Query;
  params: Params;
  client: Client;
  cookies: Cookies;
  /** The one moment of this request. */
  now: number;
  request: FastifyRequest;
  reply: FastifyReply;
}

type SessionAt<A extends Access> = A extends 'anyone' | 'half signed in'
  ? undefined
  : A extends 'administrator or service token'
    ? Session | undefined
    : Session;

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
    accepts?: readonly MediaType[];
    page?: string;
    always?: boolean;
  }
  interface FastifyRequest {
    /** Set by `http/http.ts` before a handler runs; handlers get its parts from `Call`. */
    caller: Admitted & { client: Client; cookies: Cookies; now: number; problem?: Problem };
  }
}

const noQuery = z.strictObject({});

/** Holds what is sent against the schema of its route. Hardly any request has a query: an empty one needs no check. */
export const checkSchema: typeof validatorCompiler = (part) => {
  const check = validatorCompiler(part);
  return part.schema === noQuery ? (query) => (isEmpty(query) ? { value: query } : check(query)) : check;
};

function isEmpty(query: object): boolean {
  for (const _ in query) return false;
  return true;
}

/** Registers a route. */
export function route<A extends Access, Body = undefined, Query = unknown, Params = unknown>(
  app: FastifyInstance,
  spec: RouteSpec<A, Body, Query, Params>,
): void {
  app.route({
    method: spec.method,
    url: spec.url,
    exposeHeadRoute: spec.method === 'GET' && spec.head !== false,
    config: {
      access: spec.access,
      accepts: spec.accepts ?? ['application/json'],
      ...(spec.page ? { page: spec.page } : {}),
      always: spec.always ?? false,
    },
    schema: {
      ...(spec.page ? { hide: true } : {}),
      operationId: spec.operationId,
      summary: spec.summary,
      ...(spec.description ? { description: spec.description } : {}),
      tags: [spec.tag],
      security: security(spec),
      ...(spec.body ? { body: spec.body, consumes: [...(spec.accepts ?? ['application/json'])] } : {}),
      ...(spec.params ? { params: spec.params } : {}),
      querystring: spec.query ?? noQuery,
      response: responses(spec),
    },
    handler: (request, reply) => {
      if (!spec.body && request.body !== undefined)
        throw new Problem('invalid', { detail: 'This request takes no body.' });
      // The schemas above have checked these values, and the access check has put a session where one is demanded.
      const { session, half, serviceToken, client, cookies, now } = request.caller;
      const { body, query, params } = request;
      const call = { session, half, serviceToken, client, cookies, now, request, reply, body, query, params };
      return spec.handle(call as unknown as Call<A, Body, Query, Params>);
    },
  });
}

/** What of a route decides its entry in the OpenAPI document. */
type Declared = Pick<
  RouteSpec<Access, unknown, unknown, unknown>,
  'method' | 'access' | 'answers' | 'problems' | 'basic'
>;

function security(spec: Declared): Record<string, string[]>[] {
  if (spec.basic) return [{ basic: [] }];
  return spec.access === 'anyone' ? [] : [{ bearer: [] }];
}

/** Every status that the route can answer, each with its bodies. */
function responses(spec: Declared): Record<number, object> {
  const all: Record<number, { description: string; content: Record<string, { schema: z.ZodType }> }> = {};
  const empty: Record<number, z.ZodType> = {};
  for (const [status, { description, schema, types = ['application/json'] }] of Object.entries(spec.answers)) {
    if (schema)
      all[Number(status)] = { description, content: Object.fromEntries(types.map((type) => [type, { schema }])) };
    else empty[Number(status)] = z.null().meta({ description });
  }
  for (const code of problemsOf(spec)) {
    const { status, title } = problemFacts(code);
    const { description, content } = all[status] ?? {};
    all[status] = {
      description: description ? `${description} · \`${code}\`: ${title}` : `\`${code}\`: ${title}`,
      content: { ...content, 'application/problem+json': { schema: problemSchema } },
    };
  }
  return { ...empty, ...all };
}

function problemsOf(spec: Declared): Set<ProblemCode> {
  const writes = spec.method !== 'GET';
  return new Set<ProblemCode>([
    'bad_request',
    'forbidden',
    'request_timeout',
    'invalid',
    'headers_too_large',
    'internal',
    'unavailable',
    ...(writes ? (['payload_too_large', 'unsupported_media_type'] as const) : []),
    ...(spec.access === 'anyone' ? [] : (['unauthenticated'] as const)),
    ...(spec.access.startsWith('fresh') || (spec.access.startsWith('administrator') && writes)
      ? (['reauthentication_required'] as const)
      : []),
    ...(spec.problems ?? []),
  ]);
}
