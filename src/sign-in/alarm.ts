import type { Audit, Entry } from '../audit/audit.ts';
import type { Tx } from '../database/database.ts';

export type Alarm = ReturnType<typeof createAlarm>;

/**
 * The alarm: somebody who knows the password guesses codes, from where the account does not know him. It is written down
 * for the owner, and counted for the operator.
 */
export function createAlarm({ audit }: { audit: Audit }) {
  let raised = 0;
  return {
    /** Raises it where so many wrong codes in a row are one more reason to. */
    async consider(
      tx: Tx,
      about: Omit<Entry, 'event' | 'detail'>,
      { wrong, known }: { wrong: number; known: boolean },
      now: number,
    ): Promise<void> {
      if (known || !isAlarming(wrong)) return;
      await audit.record(tx, now, { event: 'sign_in.alarm', ...about, detail: { wrong_codes: wrong } });
      raised += 1;
    },

    /** How often it was raised by this process. */
    count: (): number => raised,
  };
}

/**
 * Whether the owner must hear of it: at the third wrong code in a row, which few people come to by mistake, and at each
 * tenth, so that a long attack is told again and again.
 */
function isAlarming(wrongInARow: number): boolean {
  return wrongInARow === 3 || (wrongInARow > 0 && wrongInARow % 10 === 0);
}
