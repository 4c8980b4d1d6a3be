/** What other programs may import; nothing else is public. */
export { type Clock, systemClock } from './clock.ts';
export { OptionError, type Options } from './options.ts';
export { createServer, type Parts, type Server } from './server.ts';
export { KeyFileError } from './upkeep/upkeep.ts';
