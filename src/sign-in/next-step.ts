/**
 * The one place that decides what comes next in a sign-in: from what has been proved and what the account demands to
 * the next step. Every way in ends here, and only `issue session` leads to a session.
 */
export type Step = 'prove password' | 'prove second factor' | 'issue session';

export function nextStep(
  proved: { password: boolean; secondFactor: boolean },
  demanded: { secondFactor: boolean },
): Step {
  if (!proved.password) return 'prove password';
  if (demanded.secondFactor && !proved.secondFactor) return 'prove second factor';
  return 'issue session';
}
