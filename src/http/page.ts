import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import type { Access } from './access.ts';
import { contentPolicy } from './headers.ts';
import { noteProblem } from './log.ts';
import { Problem, type ProblemCode, problemResponse, problemSentence } from './problems.ts';
import { type RouteSpec, route } from './route.ts';

/** What decides a page or its form; the rest is the same for all of them. */
interface PageSpec<A extends Access, Body, Query, Params>
  extends Pick<RouteSpec<A, Body, Query, Params>, 'url' | 'access' | 'body' | 'query' | 'params' | 'head' | 'handle'> {
  method: 'GET' | 'POST';
  /** For a form: the page that it stands on. A person comes back there who must first sign in, or prove something. */
  back?: string;
}

/**
 * Registers a page or its form. Pages take any query, since links to them may carry anything; a form takes none, its
 * body is urlencoded, and only our own pages may send it.
 */
export function page<A extends Access, Body = undefined, Query = unknown, Params = unknown>(
  app: FastifyInstance,
  spec: PageSpec<A, Body, Query, Params>,
): void {
  const { back, handle, ...rest } = spec;
  route<A, Body, Query, Params>(app, {
    ...rest,
    handle: async (call) => {
      mustBeTheirs(call);
      return handle(call);
    },
    ...(spec.method === 'GET' ? { query: spec.query ?? (z.looseObject({}) as unknown as z.ZodType<Query>) } : {}),
    page: back ?? spec.url,
    operationId: `${spec.method} ${spec.url}`,
    summary: 'A page',
    tag: 'Pages',
    accepts: ['application/x-www-form-urlencoded'],
    answers: { 200: { description: 'The page' } },
  });
}

/** A page that was left open may be somebody else's by now: then its form says a name that is not the one signed in. */
function mustBeTheirs({ request, body }: { request: FastifyRequest; body: unknown }): void {
  const { session, half } = request.caller;
  const name = (session ?? half)?.name;
  const said = body !== null && typeof body === 'object' && 'username' in body ? body.username : undefined;
  if (name === undefined || said === undefined || said === name) return;
  const detail = `This browser is signed in as ${name} now, and that page was for somebody else. Open it again.`;
  throw new Problem('forbidden', { detail });
}

/** The member in which a form says whose page it stands on, see `hiddenOwner` and `hiddenUsername`. */
export const whose = { username: z.string().max(256).optional() };

/** Our own style sheet, script and pictures, forms and questions of the script to ourselves, and nothing else. */
const policy = contentPolicy({
  'connect-src': "'self'",
  'form-action': "'self'",
  'img-src': "'self' data:",
  'script-src': "'self'",
  'style-src': "'self'",
});

/**
 * Sends a server-rendered page. The referrer policy lets browsers say which origin a form comes from, and nothing of a
 * link's token.
 */
export function sendPage(reply: FastifyReply, status: number, text: string): FastifyReply {
  const headers = { 'content-security-policy': policy, 'referrer-policy': 'strict-origin' };
  return reply.code(status).headers(headers).type('text/html; charset=utf-8').send(text);
}

/** Sends a browser to another of our pages, by GET whatever it did here (RFC 9110, 15.4.4). */
export function seeOther(reply: FastifyReply, path: string): FastifyReply {
  return reply.code(303).header('location', path).header('referrer-policy', 'strict-origin').send();
}

/** What a form is told that could not be taken. */
export interface FormError {
  code: ProblemCode;
  sentence: string;
  /** For how many seconds nothing will be judged. */
  wait: number | undefined;
}

/** Shows a form once more, with what is to be mended; what is no problem of the form goes on as it is. */
export async function sendAgain(
  reply: FastifyReply,
  error: unknown,
  text: (error: FormError) => string | Promise<string>,
): Promise<FastifyReply> {
  if (!(error instanceof Problem) || notOfTheForm.has(error.code)) throw error;
  noteProblem(reply.request, error);
  const { status, headers } = problemResponse(error);
  const told = { code: error.code, sentence: problemSentence(error), wait: error.particulars.retryAfter };
  return sendPage(reply.headers(headers), status, await text(told));
}

/** A word or a text in the query of a page; what is too long is left out, since pages take any query. */
export const queryText = z.string().max(256).optional().catch(undefined);

/** Where an older page of a list begins; what is no such number is the first page. */
export const queryBefore = z
  .string()
  .regex(/^[1-9]\d{0,14}$/)
  .transform(Number)
  .optional()
  .catch(undefined);

/** Problems that lead somewhere else, or that filling in the form again would not mend. */
const notOfTheForm = new Set<ProblemCode>(['unauthenticated', 'reauthentication_required', 'internal', 'unavailable']);
