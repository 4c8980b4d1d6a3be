import type { Clock } from './clock.ts';
import type { Options } from './options.ts';
import { createServer as create, type Server } from './server.ts';

/** What other programs may import; nothing else is public. */
export { type Clock, systemClock } from './clock.ts';
export { OptionError, type Options } from './options.ts';
export type { Server } from './server.ts';
export { KeyError } from './upkeep/upkeep.ts';

/**
 * Builds the server: a Fastify instance that serves all routes, with `users` and `sessions` beside it. `listen` starts
 * it and `close` ends it; `docs/how-to/embed.md` says how to mount it in a server of your own. Tests may bring a clock.
 * Throws `OptionError` or `KeyError` with a sentence that says what to do.
 */
export async function createServer(options: Partial<Options> = {}, parts: { clock?: Clock } = {}): Promise<Server> {
  return create(options, parts);
}
