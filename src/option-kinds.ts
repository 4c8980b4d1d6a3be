import * as z from 'zod';
import { durationText, readDuration } from './durations.ts';
import type { Option } from './option.ts';

/** The kinds of options: what an option of each kind takes, and how its text is read. */
export const text = (form: string, schema: z.ZodType<string>, fallback: string, help: string): Option<string> => {
  return { schema, default: fallback, read: (given) => given, form, help };
};

export const number = (low: number, high: number, fallback: number, help: string): Option<number> => {
  const wanted = `write a whole number from ${low} to ${high}`;
  const schema = z.int(wanted).min(low, wanted).max(high, wanted);
  return { schema, default: fallback, read: (given) => (/^\d+$/.test(given) ? Number(given) : given), form: 'N', help };
};

export const duration = (low: number, high: number, fallback: number, help: string): Option<number> => {
  const wanted = `write a duration like 90s, 15m or 24h, from ${durationText(low)} to ${durationText(high)}`;
  const schema = z.int(wanted).min(low, wanted).max(high, wanted);
  return { schema, default: fallback, read: readDuration, form: 'DURATION', help };
};

/** A duration for which something is kept, or 0 for ever. */
export const retention = (low: number, high: number, fallback: number, help: string): Option<number> => {
  const wanted = `write a duration from ${durationText(low)} to ${durationText(high)}, or 0 to keep all`;
  const schema = z
    .int(wanted)
    .max(high, wanted)
    .refine((given) => given === 0 || given >= low, wanted);
  const read = (given: string): unknown => (given === '0' ? 0 : readDuration(given));
  return { schema, default: fallback, read, form: 'DURATION', help };
};

export const list = (form: string, item: z.ZodType<string>, help: string): Option<string[]> => {
  const read = (given: string): string[] => given.split(/[\s,]+/).filter((part) => part !== '');
  return { schema: z.array(item).max(100), default: [], read, form, help };
};

export const choice = <const T extends string>(choices: readonly T[], fallback: T, help: string): Option<T> => {
  return { schema: z.enum(choices), default: fallback, read: (given) => given, form: choices.join('|'), help };
};

/** A secret, or '' for none. */
export const secret = (form: string, schema: z.ZodType<string>, help: string): Option<string> & { secret: true } => {
  return { ...text(form, schema, '', help), secret: true };
};
