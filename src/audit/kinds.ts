import { type Event, events } from './events.ts';

/** What people look for in the log, in the order in which it is offered, and what it is called. */
export const kindNames = {
  'sign-ins': 'Sign-ins',
  'refused-sign-ins': 'Refused sign-ins',
  'second-factors': 'Second factors',
  passwords: 'Passwords',
  'users-and-roles': 'Users and roles',
  sessions: 'Sessions',
  'service-tokens': 'Service tokens',
  service: 'The service itself',
} as const;

type Kind = keyof typeof kindNames;

/** Whether there is a kind of this word. */
export function isKind(word: string): word is Kind {
  return Object.hasOwn(kindNames, word);
}

/** The events of a kind. Each event is of exactly one. */
export function eventsOf(kind: Kind): Event[] {
  return events.filter((event) => kindOf[event] === kind);
}

const kindOf: Record<Event, Kind> = {
  'account.set_up': 'users-and-roles',
  'browser.forgotten': 'sessions',
  'browser.remembered': 'sessions',
  'clock.accepted': 'sessions',
  'database.accepted': 'service',
  'key.activated': 'service',
  'otp.bound': 'second-factors',
  'otp.confirmation_refused': 'second-factors',
  'otp.confirmed': 'second-factors',
  'otp.removed': 'second-factors',
  'otp.replaced': 'second-factors',
  'otp.replacement_started': 'second-factors',
  'passkey.added': 'second-factors',
  'passkey.clone_suspected': 'refused-sign-ins',
  'passkey.registration_refused': 'second-factors',
  'passkey.removed': 'second-factors',
  'passkey.renamed': 'second-factors',
  'password.change_refused': 'passwords',
  'password.changed': 'passwords',
  'password.link_made': 'passwords',
  'recovery_code.used': 'second-factors',
  'recovery_codes.made': 'second-factors',
  'second_factors.reset': 'second-factors',
  'service_token.created': 'service-tokens',
  'service_token.revoked': 'service-tokens',
  'session.ended': 'sessions',
  'session.reauthenticated': 'sessions',
  'session.reauthentication_refused': 'sessions',
  'sessions.ended': 'sessions',
  'sign_in.alarm': 'refused-sign-ins',
  'sign_in.otp_required': 'sign-ins',
  'sign_in.refused': 'refused-sign-ins',
  'sign_in.succeeded': 'sign-ins',
  'user.created': 'users-and-roles',
  'user.deleted': 'users-and-roles',
  'user.disabled': 'users-and-roles',
  'user.enabled': 'users-and-roles',
  'user.renamed': 'users-and-roles',
  'user.roles_changed': 'users-and-roles',
};
