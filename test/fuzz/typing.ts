import { type Account, type Code, type Secret, stepAt } from './model-rules.ts';
import type { Typed } from './plays.ts';

/** What somebody types: codes of his authenticator if he has seen its QR code, or of his recovery codes. */
export function codeOf(
  account: Account | undefined,
  typed: Typed,
  { secret, firstSet, now }: { secret: Secret | undefined; firstSet: number | undefined; now: number },
): Code {
  const { bound, codes } = account ?? {};
  const own = (step: number): Code => (secret?.seen && step >= 0 ? { secret: secret.id, step } : 'wrong');
  switch (typed) {
    case 'nothing':
      return undefined;
    case 'wrong':
      return 'wrong';
    case 'again':
      return bound && secret === bound.secret ? own(bound.spent) : 'wrong';
    case 'recovery':
      return codes ? { set: codes.set, index: codes.spent.size % 10 } : 'wrong';
    case 'old recovery':
      return firstSet === undefined ? 'wrong' : { set: firstSet, index: 0 };
    default:
      return own(stepAt(now) + { now: 0, before: -1, after: 1, 'too late': -2 }[typed]);
  }
}
