import { day, hour, minute, second } from './clock.ts';

/** A duration as text in milliseconds; what is none stays as it is. */
export function readDuration(given: string): unknown {
  const [, amount, unit] = /^(\d{1,6})([smhd])$/.exec(given) ?? [];
  const units: Record<string, number> = { s: second, m: minute, h: hour, d: day };
  return amount && unit ? Number(amount) * (units[unit] ?? 0) : given;
}

/** A duration in the form in which a flag takes it; `24h` rather than `1d`, as people say it. */
export function durationText(ms: number): string {
  const units = [
    [day, 'd', 2 * day],
    [hour, 'h', hour],
    [minute, 'm', minute],
  ] as const;
  const [unit, letter] = units.find(([unit, , least]) => ms % unit === 0 && ms >= least) ?? [second, 's'];
  return `${ms / unit}${letter}`;
}
