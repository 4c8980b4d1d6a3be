/**
 * The life of an authenticator as pure rules: none → pending → in force → proved, and replacing.
 *
 * A pending secret belongs to one session and protects nothing yet. In force, a sign-in must answer with its codes. Once
 * a code has proved that the person has it, it is never shown again. Replacing is a second, pending secret beside the
 * one in force, so that there is never a gap without a factor.
 */
export interface Bound {
  id: string;
  /** The session that put it in force, and when. */
  boundBy: string;
  boundAt: number;
  /** Its QR code has been fetched. */
  shown: boolean;
  /** A code of it has been right at least once. */
  proved: boolean;
}

export interface Enrolment {
  bound: Bound | undefined;
  /** The pending secret of the session that asks. */
  pending: { id: string } | undefined;
}

export type Showing = 'pending' | 'new pending' | 'bound' | 'already confirmed' | 'not yours';

/** What a session that asks for the QR code is shown. A secret in force and not proved is for the one who can have it. */
export function whatToShow({ bound, pending }: Enrolment, session: { id: string; proved: readonly string[] }): Showing {
  if (pending) return 'pending';
  if (!bound) return 'new pending';
  if (bound.proved) return 'already confirmed';
  return bound.boundBy === session.id || session.proved.includes('recovery_code') ? 'bound' : 'not yours';
}

/** Which secret a code sent with `enable` is judged against; none when nothing waits for one. */
export function whatToConfirm({ bound, pending }: Enrolment): { secret: 'pending' | 'bound'; id: string } | 'none' {
  if (pending) return { secret: 'pending', id: pending.id };
  return bound && !bound.proved ? { secret: 'bound', id: bound.id } : 'none';
}
