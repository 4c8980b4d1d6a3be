/** What can happen; the names are stable, because people filter by them. */
export const events = [
  'account.set_up',
  'otp.bound',
  'otp.confirmation_refused',
  'otp.confirmed',
  'otp.removed',
  'otp.replaced',
  'otp.replacement_started',
  'password.change_refused',
  'password.changed',
  'password.link_made',
  'recovery_code.used',
  'recovery_codes.made',
  'second_factors.reset',
  'session.ended',
  'session.reauthenticated',
  'session.reauthentication_refused',
  'sessions.ended',
  'sign_in.refused',
  'sign_in.succeeded',
  'user.created',
  'user.deleted',
  'user.disabled',
  'user.enabled',
  'user.renamed',
  'user.roles_changed',
] as const;

export interface Entry {
  event: (typeof events)[number];
  /** Whom it is about; absent where no such account exists. */
  userId?: string | undefined;
  /** Who did it, where that is somebody else: an administrator's id, or `operator`. */
  actorId?: string | undefined;
  sessionId?: string | undefined;
  address?: string | undefined;
  detail?: Record<string, string | number | boolean>;
}
