import type { ServerResponse } from 'node:http';

export type InFlight = ReturnType<typeof countRequests>;

/** The requests that have come in and are not answered yet, at whichever address of a server. */
export function countRequests() {
  const running = new Set<ServerResponse>();
  let onNone: (() => void)[] = [];
  const end = (response: ServerResponse): void => {
    running.delete(response);
    if (running.size > 0 || onNone.length === 0) return;
    for (const done of onNone) done();
    onNone = [];
  };
  // One for all of them: each request would otherwise make two.
  function closed(this: ServerResponse): void {
    end(this);
  }
  return {
    /** One has come in; it is over once it is answered, which `end` is told, or nobody waits for the answer any more. */
    begin(response: ServerResponse): void {
      running.add(response);
      response.on('close', closed);
    },

    end,

    /** Resolves once there is none. */
    async none(): Promise<void> {
      if (running.size > 0) await new Promise<void>((done) => onNone.push(done));
    },
  };
}
