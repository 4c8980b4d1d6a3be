import { second, systemClock } from '../clock.ts';

/** How long requests in flight may take once the service takes no more. */
export const patience = 10 * second;

/** One Ctrl-C may come twice, from the terminal and from npm: within this it is the same one. */
const samePress = second / 2;

/**
 * Ends the process when it is asked to: runs `stop` and exits 0, or 1 when that takes too long or fails; a second signal
 * exits at once. Before that `drain` runs where it is a supervisor that asks, by SIGTERM, and not a person who waits.
 */
export function stopOnSignal(
  stop: () => Promise<void>,
  say: (sentence: string) => void,
  drain: () => Promise<void> = async () => undefined,
): void {
  let asked: { at: number } | undefined;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      const at = systemClock();
      if (asked && signal === 'SIGINT' && at - asked.at < samePress) return;
      if (asked) process.exit(1);
      asked = { at };
      end(signal === 'SIGTERM' ? drain : async () => undefined, stop, say).catch((error: unknown) => {
        say(`Stopping did not succeed: ${error instanceof Error ? error.message : error}.`);
        process.exit(1);
      });
    });
  }
}

async function end(
  drain: () => Promise<void>,
  stop: () => Promise<void>,
  say: (sentence: string) => void,
): Promise<never> {
  await drain();
  setTimeout(() => {
    say(`Requests are still running after ${patience / second} seconds; stopping without them.`);
    process.exit(1);
  }, patience);
  await stop();
  process.exit(0);
}
