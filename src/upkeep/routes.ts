import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { type Database, isReady } from '../database/database.ts';
import { Problem, route } from '../http/http.ts';
import type { ClockCheck } from './clock-check.ts';
import type { Instance } from './instances.ts';
import type { MarkKeeper } from './mark/mark.ts';
import { createWriteCheck } from './write-check.ts';

// Anybody may read this: which event it is, and when it was, are for the operator.
const clockIsBehind = 'The clock is behind what is stored: `countersign doctor` says how far.';
// Which row, and of when, is for the operator, whose log says it.
const isOlderCopy = 'The database is an older copy: the log of the service says which.';
const keepsNothing = 'The database answers, but keeps nothing that is written to it: the log of the service says why.';

/** Whether the process lives, and whether it should be sent requests. */
export function healthRoutes(
  app: FastifyInstance,
  parts: {
    database: Database;
    clockCheck: ClockCheck;
    mark: MarkKeeper;
    instance: Instance;
    draining: () => boolean;
  },
): void {
  // What it writes is of use besides: that this instance is alive.
  const write = async (): Promise<void> => {
    try {
      await parts.instance.report();
    } catch (error) {
      app.log.error({ err: error }, 'report');
      throw error;
    }
  };
  const { canWrite } = createWriteCheck({ write, sinceFailure: parts.database.sinceFailure });
  const whyNotThere = createPresence(parts, canWrite, (error) => app.log.error({ err: error }, 'mark'));
  const schema = z.object({ status: z.literal('ok') }).meta({ examples: [{ status: 'ok' }] });
  route(app, {
    method: 'GET',
    url: '/healthz',
    access: 'anyone',
    always: true,
    operationId: 'alive',
    summary: 'Whether the process answers at all',
    tag: 'Health',
    answers: { 200: { description: 'It does', schema } },
    async handle() {
      return { status: 'ok' };
    },
  });
  route(app, {
    method: 'GET',
    url: '/readyz',
    access: 'anyone',
    always: true,
    operationId: 'ready',
    summary: 'Whether the service can do its work: database reachable and writable, clock right, not about to stop',
    tag: 'Health',
    answers: { 200: { description: 'It can', schema } },
    async handle() {
      if (parts.draining())
        throw new Problem('unavailable', { detail: 'The service is about to stop.', expected: true });
      const why = await whyNotThere();
      if (why) throw new Problem('unavailable', { detail: why });
      if (parts.mark.refusal() !== undefined) throw new Problem('unavailable', { detail: isOlderCopy });
      if (parts.instance.lacksKey())
        throw new Problem('unavailable', { detail: 'The key that seals secrets now is not in the key file here.' });
      await parts.clockCheck.mustAgree();
      if (await parts.clockCheck.behind()) throw new Problem('unavailable', { detail: clockIsBehind });
      return { status: 'ok' };
    },
  });
}

/**
 * Why the database cannot be worked with now, if it cannot. One that is back may be another one, such as a standby that has
 * not heard of everything: it is held against the mark before anybody is sent here again.
 */
function createPresence(
  { database, mark }: { database: Database; mark: MarkKeeper },
  canWrite: () => Promise<boolean>,
  complain: (error: unknown) => void,
): () => Promise<string | undefined> {
  let wasAway = false;
  return async () => {
    const isThere = await isReady(database);
    const why = isThere ? ((await canWrite()) ? undefined : keepsNothing) : 'The database does not answer.';
    if (!why && wasAway) await mark.renew().catch(complain);
    wasAway = why !== undefined;
    return why;
  };
}
