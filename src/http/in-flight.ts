import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';

export type InFlight = ReturnType<typeof countRequests>;

/** The requests that have come in and are not answered yet, at whichever address of a server. */
export function countRequests() {
  const running = new Map<ServerResponse, FastifyReply>();
  let onLeft: (reply: FastifyReply) => void = () => undefined;
  let onNone: (() => void)[] = [];
  const end = (response: ServerResponse): void => {
    running.delete(response);
    if (running.size > 0 || onNone.length === 0) return;
    for (const done of onNone) done();
    onNone = [];
  };
  // One for all of them: each request would otherwise make two.
  function closed(this: ServerResponse): void {
    const reply = running.get(this);
    if (reply) onLeft(reply);
    end(this);
  }
  return {
    /** One has come in; it is over once it is answered, which `end` is told, or nobody waits for the answer any more. */
    begin(reply: FastifyReply): void {
      running.set(reply.raw, reply);
      reply.raw.on('close', closed);
    },

    /** Whether one is not over: what is to be done once for each is done while it is not. */
    has: (response: ServerResponse): boolean => running.has(response),

    end,

    /** Has somebody told of each that nobody waits for any more, before it is over. */
    whoLeaves(tell: (reply: FastifyReply) => void): void {
      onLeft = tell;
    },

    /** Resolves once there is none. */
    async none(): Promise<void> {
      if (running.size > 0) await new Promise<void>((done) => onNone.push(done));
    },
  };
}
