import type { Writable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { systemClock } from '../clock.ts';
import type { Options } from '../options.ts';
import { type Lines, standardOutput } from './lines.ts';
import type { Problem } from './problems.ts';

/**
 * Logs: one JSON line a request, without bodies, headers, or the values of a query, so that no code or one-time link
 * can appear. Who was refused what is in it too (ASVS 16.3.2): the user or program, the route, and the problem's code and
 * reason, both fixed words.
 */
export function logOptions(options: Options, stream: Writable | undefined) {
  // The redaction is a second net: nothing here logs these on purpose.
  const redact = { paths: ['headers', '*.headers', '*.password', '*.otp', '*.recovery_code', '*.token', '*.secret'] };
  const to: Lines = stream ?? standardOutput();
  return { level: options.logLevel, redact, base: null, stream: to };
}

const atInfo = 30;

export type RequestLogger = (request: FastifyRequest, reply: FastifyReply, status: number) => void;

/** Notes what a request was refused with, for its line; an address that cannot be decoded has none. */
export function noteProblem({ caller }: Partial<Pick<FastifyRequest, 'caller'>>, problem: Problem): void {
  if (caller) caller.problem = problem;
}

/** Logs a request, which is done once for each, when it is over. */
export function requestLogger({ stream }: { stream: Lines }): RequestLogger {
  return (request, reply, status) => {
    const { client, session, serviceToken, problem } = request.caller;
    // Made here and not by the logger: each member is named, so that nothing is left for the redaction to look for.
    const line = {
      level: atInfo,
      // The machine's own: lines of a test's clock would not be in order with the others.
      time: systemClock(),
      reqId: request.id,
      method: request.method,
      url: redactUrl(request.url),
      status,
      ms: Math.round(reply.elapsedTime),
      address: client.address,
      problem: problem?.code,
      reason: problem?.particulars.members?.['reason'],
      user: session?.userId,
      session: session?.id,
      serviceToken: serviceToken?.id,
      msg: 'request',
    };
    stream.write(`${JSON.stringify(line)}\n`);
  };
}

const plainTarget = /^\/[\w/.*~-]{0,499}$/;

/**
 * A request target as it may be logged: one-time links and codes travel in queries, so of a query only the names are
 * kept, and only where they look like names. What is not a plain path, or a token of ours in it, is left out as well.
 */
export function redactUrl(url: string): string {
  // As hardly any is not.
  if (plainTarget.test(url) && !url.includes('cs')) return url;
  const target = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').slice(0, 500);
  const [path = ''] = /^[\w/.*~-]*/.exec(target) ?? [];
  const rest = target.slice(path.length);
  const plain = path.replace(/cs[a-z]_[\w-]+/g, '[redacted]');
  if (rest === '') return plain;
  if (!rest.startsWith('?')) return `${plain}[redacted]`;
  const names = rest
    .slice(1)
    .split('&')
    .map((part) => `${/^[a-z_]{1,20}=/.exec(part)?.[0] ?? ''}[redacted]`);
  return `${plain}?${names.join('&')}`;
}
