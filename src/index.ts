import type { Clock } from './clock.ts';
import type { Options } from './options.ts';
import { createServer as create } from './server.ts';
import type { Server } from './server-type.ts';
import { KeyError as OurKeyError } from './upkeep/upkeep.ts';

/** What other programs may import; nothing else is public, and its types name no package. */
export { type Clock, systemClock } from './clock.ts';
export { OptionError, type Options } from './options.ts';
export type { Server, Session } from './server-type.ts';

/** What keeps a key from being used; the message says what to do. */
export const KeyError: new (message: string) => Error = OurKeyError;

/**
 * Builds the server: a Fastify instance that serves all routes, with `users` and `sessions` beside it. `listen` starts
 * it and `close` ends it; `docs/how-to/embed.md` says how to mount it in a server of your own. Tests may bring a clock.
 * Throws `OptionError` or `KeyError` with a sentence that says what to do.
 */
export async function createServer(options: Partial<Options> = {}, parts: { clock?: Clock } = {}): Promise<Server> {
  return create(options, parts);
}
