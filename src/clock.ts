/** Milliseconds since the Unix epoch. Everything that depends on time takes one of these, or a `now`, as an argument. */
export type Clock = () => number;

export const second = 1000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;

/** How far the clocks of instances, and of the database's server, may be apart and still count as right: authenticators allow for more. */
export const clockTolerance = 5 * second;

export const systemClock: Clock = () => Date.now();

/** A moment as ISO 8601 in UTC, the form of every time in the API. */
export function isoTime(at: number): string {
  return new Date(at).toISOString();
}
