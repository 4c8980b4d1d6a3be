import { DatabaseUnavailable, type Engine } from './engine.ts';

/** Whether an error says that the database may be had soon. */
export function mayPass(judge: Engine['judge']): (error: unknown) => boolean {
  return (error) => ['passing', 'lost', 'undone'].includes(judge(error)?.kind ?? '');
}

/** An error as whoever asked should have it: what an operator has to do, where it is the database that has failed. */
export function inWords(judge: Engine['judge'], error: unknown): unknown {
  return judge(error) ? unavailable(judge, error) : error;
}

/** The same for an error that can be of nothing but the database. */
export function unavailable(judge: Engine['judge'], error: unknown): DatabaseUnavailable {
  if (error instanceof DatabaseUnavailable) return error;
  return new DatabaseUnavailable(judge(error)?.sentence ?? 'The database cannot be used now.', { cause: error });
}
