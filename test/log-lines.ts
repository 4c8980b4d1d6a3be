import type { World } from './server.ts';

/** Everything logged so far, an object a line. */
export function logLines(world: World): Record<string, unknown>[] {
  const lines = world.log().trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line));
}
