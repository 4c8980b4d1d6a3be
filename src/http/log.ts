import type { Writable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { Options } from '../options.ts';

/**
 * Logs: one JSON line a request, without bodies, headers, or the values of a query, so that no code or one-time link
 * can appear (promise 6).
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
    const { client, session } = request.caller;
    request.log.info(
      {
        method,
        url: redactUrl(url),
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
        address: client.address,
        ...(session ? { user: session.userId, session: session.id } : {}),
      },
      'request',
    );
  });
}

/** A URL with the value of every query parameter taken out: codes and one-time links travel there. */
export function redactUrl(url: string): string {
  const question = url.indexOf('?');
  if (question < 0) return url;
  return (
    url.slice(0, question) +
    url
      .slice(question)
      .replace(/=[^&]*/g, '=[redacted]')
      .slice(0, 500)
  );
}
