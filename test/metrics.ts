import type { World } from './server.ts';

/** A world with these options has metrics; nothing listens there unless the command line lets it. */
export const withMetrics = { metricsPort: 1 };

/** What the page of the metrics says now. */
export async function metricsOf({ server }: World): Promise<string> {
  if (!server.metrics) throw new Error('this world has no metrics');
  return server.metrics.text();
}

/** The figures of it, each by its name and labels as they stand there. */
export async function figuresOf(world: World): Promise<Map<string, number>> {
  return figuresIn(await metricsOf(world));
}

export function figuresIn(page: string): Map<string, number> {
  const lines = page.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
}

/** By how much these figures have moved while something was done. */
export async function moves(
  world: World,
  names: readonly string[],
  done: () => Promise<unknown>,
): Promise<(number | undefined)[]> {
  const before = await figuresOf(world);
  await done();
  const after = await figuresOf(world);
  return names.map((name) => {
    const [was, is] = [before.get(name), after.get(name)];
    return was === undefined || is === undefined ? undefined : is - was;
  });
}
