/** What can happen; the names are stable, because people filter by them. */
export const events = [
  'account.set_up',
  'browser.forgotten',
  'browser.remembered',
  'clock.accepted',
  'database.accepted',
  'key.activated',
  'otp.bound',
  'otp.confirmation_refused',
  'otp.confirmed',
  'otp.removed',
  'otp.replaced',
  'otp.replacement_started',
  'passkey.added',
  'passkey.clone_suspected',
  'passkey.registration_refused',
  'passkey.removed',
  'passkey.renamed',
  'password.change_refused',
  'password.changed',
  'password.link_made',
  'recovery_code.used',
  'recovery_codes.made',
  'second_factors.reset',
  'service_token.created',
  'service_token.revoked',
  'session.ended',
  'session.reauthenticated',
  'session.reauthentication_refused',
  'sessions.ended',
  'sign_in.alarm',
  'sign_in.otp_required',
  'sign_in.refused',
  'sign_in.succeeded',
  'user.created',
  'user.deleted',
  'user.disabled',
  'user.enabled',
  'user.renamed',
  'user.roles_changed',
] as const;

export type Event = (typeof events)[number];

/** One event to be written. */
export interface Entry {
  event: Event;
  /** Whom it is about; absent where no such account exists. */
  userId?: string | undefined;
  /** Who did it, where that is somebody else: an administrator's id, `operator`, or `actorOfServiceToken`. */
  actorId?: string | undefined;
  sessionId?: string | undefined;
  address?: string | undefined;
  detail?: Record<string, string | number | boolean>;
}

/** One row of the log, as it was written. */
export interface AuditRow {
  /** Rises with every row. */
  sequence: number;
  at: number;
  /** One of `events`, or what another version of this program has written. */
  event: string;
  userId?: string;
  actorId?: string;
  sessionId?: string;
  address?: string;
  detail: Record<string, unknown>;
}

/** Which rows to read; what is absent does not matter. */
export interface Filter {
  userId?: string | undefined;
  /** Only what somebody else did to the account. */
  byOthers?: true | undefined;
  events?: readonly Event[] | undefined;
  /** From this moment on, in ms. */
  from?: number | undefined;
  /** Before this moment, in ms. */
  to?: number | undefined;
  /** Rows older than the one of this sequence: where the page before ended. */
  before?: number | undefined;
  /** Rows on a page: 50, unless another number is wanted. */
  limit?: number | undefined;
}
