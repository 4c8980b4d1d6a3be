import { second } from '../clock.ts';
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
  const { sentence = 'The database cannot be used now.', meanwhile } = judge(error) ?? {};
  return new DatabaseUnavailable([sentence, meanwhile].filter(Boolean).join(' '), { cause: error });
}

/** The same where there is no service that goes on; `waitedMs` in vain, where it might have come. */
export function gaveUp(judge: Engine['judge'], error: unknown, waitedMs: number): unknown {
  const trouble = judge(error);
  if (!trouble) return error;
  const isLate = waitedMs > 0 && mayPass(judge)(error);
  const end = isLate ? ` Gave up after ${waitedMs / second} seconds; start it again when that is mended.` : '';
  return new DatabaseUnavailable(`${trouble.sentence}${end}`, { cause: error });
}
