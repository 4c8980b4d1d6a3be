import { quickHash } from './quick-hash.ts';
import { inWorld, type World } from './server.ts';

/** Runs a story in a world of its own in which hashing a password costs nothing. */
export const inQuickWorld = (story: (world: World) => Promise<void>): Promise<void> =>
  inWorld(story, {}, { argon2: quickHash });
