import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Person, Site } from '../pages/pages.ts';
import { reads } from './access.ts';
import { noteProblem } from './log.ts';
import { seeOther, sendPage } from './page.ts';
import { problemPage } from './problem-page.ts';
import { Problem, type ProblemCode, problemResponse } from './problems.ts';
import { wayIn } from './way-in.ts';

/** Writes a problem as the answer. The body is a string, so that no response schema can take members away. */
function send(reply: FastifyReply, problem: Problem): FastifyReply {
  const { status, headers, body } = problemResponse(problem);
  return reply.code(status).headers(headers).type('application/problem+json').send(JSON.stringify(body));
}

/**
 * The one place where an error of any kind becomes an answer: for a page the way to what must be done first, or the
 * problem as a page to a browser that asked for one; else problem details.
 */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply, site: Site): FastifyReply {
  const problem = problemOf(error);
  noteProblem(request, problem);
  noteInLog(request, error, problem);
  const { page, access } = request.routeOptions.config;
  const back = page && (reads(request) ? withoutNotice(request.url) : fill(page, request.params));
  const way = back && wayIn(problem, { access, cookies: request.caller.cookies, back });
  if (way) return seeOther(reply, way);
  return page && wantsPage(request) ? sendProblemPage(request, reply, problem, site) : send(reply, problem);
}

/** What somebody has to mend: with a stack where nobody knows what it is; a sentence that says what to do is enough else. */
function noteInLog({ log, id: reqId }: FastifyRequest, error: unknown, { code, particulars }: Problem): void {
  if (code === 'internal') log.error({ reqId, err: error }, code);
  if (code !== 'unavailable') return;
  if (!(error instanceof Problem)) log.error({ reqId, detail: error instanceof Error ? error.message : error }, code);
  else log[particulars.expected ? 'info' : 'warn']({ reqId, detail: particulars.detail }, code);
}

const wantsPage = ({ headers }: FastifyRequest): boolean => headers.accept?.includes('text/html') ?? false;

function sendProblemPage(request: FastifyRequest, reply: FastifyReply, problem: Problem, site: Site): FastifyReply {
  const { status, headers } = problemResponse(problem);
  return sendPage(
    reply.headers(headers),
    status,
    problemPage(problem, site, { requestId: request.id, person: signedIn(request) }),
  );
}

/** Who gets the navigation on the page of a problem; an address that cannot be decoded has reached no hook. */
function signedIn({ caller }: Partial<Pick<FastifyRequest, 'caller'>>): Person | undefined {
  return caller?.session?.level === 'full' ? caller.session : undefined;
}

/** A notice is shown once: whoever comes back does not come back to it. */
function withoutNotice(url: string): string {
  return url.replace(/([?&])done=[^&]*&?/, '$1').replace(/[?&]$/, '');
}

/** The address of a page: its pattern with the parameters in their places. */
function fill(pattern: string, params: unknown): string {
  const values = new Map(Object.entries(params ?? {}).map(([name, value]) => [name, String(value)]));
  return pattern.replace(/:(\w+)/g, (_all, name: string) => encodeURIComponent(values.get(name) ?? ''));
}

function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (!(error instanceof Error)) return new Problem('internal');
  if ('validation' in error && Array.isArray(error.validation)) {
    return new Problem('invalid', { errors: invalidMembers(error.validation) });
  }
  const status = 'statusCode' in error ? Number(error.statusCode) : 500;
  return new Problem(byStatus[status] ?? (status >= 400 && status < 500 ? 'bad_request' : 'internal'));
}

const byStatus: Record<number, ProblemCode> = {
  404: 'not_found',
  408: 'request_timeout',
  413: 'payload_too_large',
  415: 'unsupported_media_type',
  503: 'unavailable',
};

interface ValidationIssue {
  instancePath?: string;
  message?: string;
}

const unknownMember =
  'It has a member or parameter that this request does not take; the API pages name those that it does.';

/** What is wrong and where, as JSON pointers; never what was sent. */
function invalidMembers(issues: readonly ValidationIssue[]): { pointer: string; detail: string }[] {
  return issues.slice(0, 10).map(({ instancePath = '', message = 'Not valid.' }) => {
    // The whole body is '' (RFC 6901, 5); '/' would be a member without a name.
    // Names that we do not know may be secrets in the wrong place.
    const detail = message.startsWith('Unrecognized key') ? unknownMember : message;
    return { pointer: instancePath === '/' ? '' : instancePath, detail };
  });
}

/**
 * Answers addresses that no route has: 405 with Allow where another method would do, else 404. Keeps the list of
 * routes as they are registered, so it must be set up before them.
 */
export function answerUnknown(app: FastifyInstance, site: Site): void {
  const known = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    const methods = known.get(url) ?? new Set();
    for (const each of [method].flat()) methods.add(each);
    known.set(url, methods);
  });
  app.setNotFoundHandler((request, reply) => {
    const [path = ''] = request.url.split('?');
    const allowed = [...known].filter(([pattern]) => matches(pattern, path)).flatMap(([, methods]) => [...methods]);
    const answer = (problem: Problem) =>
      wantsPage(request) ? sendProblemPage(request, reply, problem, site) : send(reply, problem);
    if (allowed.length === 0) return answer(new Problem('not_found'));
    return answer(new Problem('method_not_allowed', { headers: { allow: [...new Set(allowed)].sort().join(', ') } }));
  });
}

function matches(pattern: string, path: string): boolean {
  const ours = pattern.split('/');
  const theirs = path.split('/');
  return (
    ours.length === theirs.length &&
    ours.every((part, index) => part === theirs[index] || (part.startsWith(':') && theirs[index] !== ''))
  );
}

/** Answers what Node's HTTP parser refuses before there is a request: too large, too slow, or not HTTP. */
export function answerSocket(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const code = socketProblems[error.code ?? ''] ?? 'bad_request';
  const { status, body } = problemResponse(new Problem(code));
  const text = JSON.stringify(body);
  const length = Buffer.byteLength(text);
  const headers = [
    'content-type: application/problem+json',
    `content-length: ${length}`,
    'cache-control: no-store',
    'x-content-type-options: nosniff',
    'connection: close',
  ];
  socket.end(`HTTP/1.1 ${status} Refused\r\n${headers.join('\r\n')}\r\n\r\n${text}`);
}

const socketProblems: Record<string, ProblemCode> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};
