import { minute, second } from '../../clock.ts';

/** What one process asks of a server: no wait without an end, and not many connections. */
export const postgresLimits = {
  /** Connections for reading. */
  readers: 10,
  /** How long a statement of a request may run. */
  statementMs: 10 * second,
  /** How long one attempt to get the turn of a transaction that may take long waits for it. */
  turnMs: 5 * second,
  /**
   * How long a transaction may rest between two statements, until the server ends it: this process has gone, or stands
   * still, and the others wait for their turn no longer than five seconds.
   */
  restMs: 3 * second,
  migrationRestMs: 20 * second,
  /** A server that does not answer for so long is given up, also where no network says that it is gone. */
  silenceMs: 15 * second,
  /** The same for one statement of what may take long, such as an index over a large table. */
  longSilenceMs: 30 * minute,
};

/** The connections of one process, at most: one writes, and one is for the schema and for one state of everything. */
export const mostConnections: number = postgresLimits.readers + 2;
