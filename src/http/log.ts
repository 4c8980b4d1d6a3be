import type { Writable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { Options } from '../options.ts';

/**
 * Logs: one JSON line a request, without bodies, headers, or the values of a query, so that no code or one-time link
 * can appear. Who was refused what is in it too (ASVS 16.3.2): the user or program, the route and the problem's code.
 */
export function logOptions(options: Options, stream: Writable | undefined): object {
  // The redaction is a second net: nothing here logs these on purpose.
  const redact = { paths: ['headers', '*.headers', '*.password', '*.otp', '*.recovery_code', '*.token', '*.secret'] };
  return { level: options.logLevel, redact, base: null, ...(stream ? { stream } : {}) };
}

/** Logs each request once, when it has been answered. */
export function logRequests(app: FastifyInstance): void {
  app.addHook('onResponse', async (request, reply) => {
    const { method, url } = request;
    const { client, session, serviceToken, problem } = request.caller;
    request.log.info(
      {
        method,
        url: redactUrl(url),
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
        address: client.address,
        ...(problem ? { problem } : {}),
        ...(session ? { user: session.userId, session: session.id } : {}),
        ...(serviceToken ? { serviceToken: serviceToken.id } : {}),
      },
      'request',
    );
  });
}

/**
 * A request target as it may be logged: one-time links and codes travel in queries, so of a query only the names are
 * kept, and only where they look like names. What is not a plain path, or a token of ours in it, is left out as well.
 */
export function redactUrl(url: string): string {
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
