import type { IncomingMessage } from 'node:http';
import { flushCompileCache } from 'node:module';
import type { AddressInfo } from 'node:net';
import { type Clock, day } from '../../src/clock.ts';
import type { Options } from '../../src/options.ts';
import { createServer, type OwnServer } from '../../src/server.ts';
import { localOrigin } from '../authenticator.ts';
import { endless } from '../endless.ts';
import { quickHash } from '../quick-hash.ts';
import { timeHeader } from './door.ts';

/** A service as these tests start it: nobody is slowed down, a hash costs nothing, sessions last, devices know it. */
export function openVictim(options: Partial<Options>, clock: Clock): Promise<OwnServer> {
  const lasting = 20 * day;
  const asked = { hashQueue: 1000, logLevel: 'silent', publicUrl: localOrigin } as const;
  const usual = { ...asked, sessionLifetime: lasting, sessionIdle: lasting };
  return createServer({ ...usual, ...options }, { clock, limits: endless, argon2: quickHash });
}

/** What the process is told: with which options it is to serve, and from what time on. */
export interface Order {
  options: Partial<Options>;
  now: number;
}

// A process of its own: it has read all the source before it is told what to do.
if (import.meta.main) {
  process.once('message', async ({ options, now: begun }: Order) => {
    let now = begun;
    const server = await openVictim(options, () => now);
    server.server.prependListener('request', ({ headers }: IncomingMessage) => {
      now = Math.max(now, Number(headers[timeHeader] ?? now));
    });
    await server.listen({ host: '127.0.0.1', port: 0 });
    process.send?.((server.server.address() as AddressInfo).port);
  });
  process.once('disconnect', () => process.exit());
  // Who is killed leaves nothing to the next one at its end.
  flushCompileCache();
  process.send?.('ready');
}
