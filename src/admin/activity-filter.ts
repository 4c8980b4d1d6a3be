import { type Event, eventsOf, isKind } from '../audit/audit.ts';
import { day } from '../clock.ts';

/** What an administrator looks for, as it was typed; empty where nothing was. */
export interface Typed {
  kind: string;
  user: string;
  from: string;
  to: string;
}

/** What is to be mended, and in which field. */
export interface Mistake {
  field: keyof Typed;
  sentence: string;
}

/** What of the log is meant; whose rows is for those who know users. */
export interface Looked {
  events?: readonly Event[];
  from?: number;
  to?: number;
}

/** Everything, as the form offers it. */
export const anyKind = 'all';

/** Reads the form: days are UTC days, the last one included. Answers what is to be mended, if anything. */
export function readFilter({ kind, from, to }: Typed): Looked | Mistake {
  const events = kind === '' || kind === anyKind ? undefined : eventsOfTyped(kind);
  const [first, last] = [dayOf(from), dayOf(to)];
  if (events === 'unknown') return { field: 'kind', sentence: 'Choose one of the kinds in the list.' };
  if (first === 'unknown') return { field: 'from', sentence: `The first day is no date. ${example}` };
  if (last === 'unknown') return { field: 'to', sentence: `The last day is no date. ${example}` };
  if (first !== undefined && last !== undefined && last < first)
    return { field: 'to', sentence: 'The last day is before the first one.' };
  return {
    ...(events ? { events } : {}),
    ...(first === undefined ? {} : { from: first }),
    ...(last === undefined ? {} : { to: last + day }),
  };
}

/** Whether this is a day, or nothing: what a date field can hold. */
export function isDay(typed: string): boolean {
  return dayOf(typed) !== 'unknown';
}

const example = 'Write it as year, month and day: 2026-11-22.';

function eventsOfTyped(typed: string): Event[] | 'unknown' {
  return isKind(typed) ? eventsOf(typed) : 'unknown';
}

/** When a day begins that is written as a date field sends it (HTML, 2.3.5.2); dates that there are none of are unknown. */
function dayOf(typed: string): number | 'unknown' | undefined {
  if (typed === '') return undefined;
  const start = /^\d{4}-\d\d-\d\d$/.test(typed) ? Date.parse(typed) : Number.NaN;
  const real = !Number.isNaN(start) && new Date(start).toISOString().startsWith(typed);
  return real ? start : 'unknown';
}
