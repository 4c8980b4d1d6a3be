import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A process that outlives the one that started it, however that one ends, and then stops the servers that it has left
 * behind and deletes their folders. It is told of each by a message.
 */
export interface Told {
  folder: string;
  /** Of the server that runs on it; none where there is none any more. */
  pid: number | undefined;
}

const left = new Map<string, number | undefined>();

process.on('message', ({ folder, pid }: Told) => {
  if (pid === undefined) left.delete(folder);
  else left.set(folder, pid);
});

process.on('disconnect', async () => {
  for (const pid of left.values()) signal(pid, 'SIGQUIT');
  for (const [folder, pid] of left) {
    for (let times = 0; times < 100 && signal(pid, 0); times += 1) await sleep(50);
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Whether there is such a process, which is sent the signal then. */
function signal(pid: number | undefined, what: 'SIGQUIT' | 0): boolean {
  try {
    return pid !== undefined && process.kill(pid, what);
  } catch {
    return false;
  }
}
