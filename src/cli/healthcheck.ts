import type { RequestOptions } from 'node:http';
import { second } from '../clock.ts';
import type { Options } from '../options.ts';
import { type Call, Failure } from './call.ts';

const patience = 3 * second;

/** `countersign healthcheck`: whether the service on this machine is ready, for container and service managers. */
export async function healthcheck(call: Call): Promise<void> {
  const { options } = call.settings();
  if (options.port === 0)
    throw new Failure(
      'Nobody knows which port 0 became. Give the one that `countersign serve` printed with --port.',
      2,
    );
  const { hostname, ...where } = ownAddress(options);
  const url = `${where.protocol}//${hostname.includes(':') ? `[${hostname}]` : hostname}:${where.port}/readyz`;
  const outcome = await ask({ hostname, ...where });
  const ready = outcome === 200;
  call.answer(ready ? `${url} is ready.` : '', { ready, url, outcome });
  if (!ready)
    throw new Failure(`${url} is not ready: ${typeof outcome === 'number' ? `it answers ${outcome}` : outcome}.`);
}

function ownAddress({ host, port, tlsCert }: Options) {
  const everywhere: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '::1' };
  return { protocol: tlsCert ? 'https:' : 'http:', hostname: everywhere[host] ?? host, port };
}

/** The status of the answer, or why there is none. */
async function ask(where: RequestOptions): Promise<number | string> {
  const { request } = where.protocol === 'https:' ? await import('node:https') : await import('node:http');
  // The certificate names the public host, not this address; nothing secret is sent or believed.
  const all = {
    ...where,
    path: '/readyz',
    rejectUnauthorized: false,
    agent: false as const,
    signal: AbortSignal.timeout(patience),
  };
  return new Promise((resolve) => {
    const asking = request(all, (response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    asking.on('error', (error: NodeJS.ErrnoException) => resolve(reasonOf(error)));
    asking.end();
  });
}

function reasonOf(error: NodeJS.ErrnoException): string {
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return `no answer in ${patience / second} seconds`;
  return error.code === 'ECONNREFUSED' ? 'nothing listens there' : error.message || String(error.code);
}
