import type { ServerResponse } from 'node:http';

export type InFlight = ReturnType<typeof countRequests>;

/** The requests that have come in and are not answered yet, at whichever address of a server. */
export function countRequests() {
  const running = new Set<ServerResponse>();
  let onNone: (() => void)[] = [];
  return {
    /** One has come in; it is over once it is answered, or nobody waits for the answer any more. */
    begin(response: ServerResponse): void {
      const over = (): void => {
        running.delete(response);
        if (running.size > 0) return;
        for (const done of onNone) done();
        onNone = [];
      };
      running.add(response);
      response.once('finish', over).once('close', over);
    },

    /** Resolves once there is none. */
    async none(): Promise<void> {
      if (running.size > 0) await new Promise<void>((done) => onNone.push(done));
    },
  };
}
