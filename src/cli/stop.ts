import { setTimeout as sleep } from 'node:timers/promises';
import { second, systemClock } from '../clock.ts';

/** How long requests in flight may take once the service takes no more. */
export const patience = 10 * second;

/** How long it may take after that to say good-bye. */
export const farewell = 3 * second;

/** One Ctrl-C may come twice, from the terminal and from npm: within this it is the same one. */
const samePress = second / 2;

type Step = () => Promise<void>;

/**
 * Ends the process when it is asked to: runs `stop` and exits 0, or 1 when that takes too long or fails; a second signal
 * exits at once. Before that `drain` runs where it is a supervisor that asks, by SIGTERM, and not a person who waits; and
 * `leave` where `stop` has taken too long.
 */
export function stopOnSignal(
  stop: Step,
  say: (sentence: string) => void,
  { drain, leave }: { drain?: Step; leave?: Step } = {},
): void {
  let asked: { at: number } | undefined;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      const at = systemClock();
      if (asked && signal === 'SIGINT' && at - asked.at < samePress) return;
      if (asked) process.exit(1);
      asked = { at };
      end({ drain: signal === 'SIGTERM' ? drain : undefined, stop, leave }, say).catch((error: unknown) => {
        say(`Stopping did not succeed: ${error instanceof Error ? error.message : error}.`);
        process.exit(1);
      });
    });
  }
}

async function end(
  { drain, stop, leave }: { drain: Step | undefined; stop: Step; leave: Step | undefined },
  say: (sentence: string) => void,
): Promise<never> {
  await drain?.();
  setTimeout(async () => {
    say(`Requests are still running after ${patience / second} seconds; stopping without them.`);
    await Promise.race([leave?.(), sleep(farewell)]).catch(() => undefined);
    process.exit(1);
  }, patience);
  await stop();
  process.exit(0);
}
