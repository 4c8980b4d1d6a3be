import { type AuditActor, readActor } from './actors.ts';
import type { AuditRow, Event } from './events.ts';

/** Who reads: the person whom the rows are about, or an administrator. */
export type Viewpoint = 'own' | 'administrator';

/** A passkey as its owner calls it, today. */
export interface NamedPasskey {
  id: string;
  name: string;
}

/**
 * An event as a sentence for people. Says by whom only where that was somebody else: the log knows a session, not the
 * person who held it. Nothing that anybody has typed is in it but the names of `passkeys`, which are those that the
 * account of the reader has now: else a row can show nothing but our own words.
 */
export function inWords(row: AuditRow, viewpoint: Viewpoint, passkeys: readonly NamedPasskey[] = []): string {
  if (!isKnown(row.event)) return 'Something happened that this version has no words for.';
  const name = passkeys.find(({ id }) => id === row.detail['passkey'])?.name;
  const words = { viewpoint, your: your[viewpoint], by: byWhom(row) };
  const sentence = sentences[row.event]({ ...row, ...words, passkey: name && `the passkey “${name}”` });
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`;
}

const your = { own: 'your', administrator: 'the' } as const;

interface Told extends AuditRow {
  viewpoint: Viewpoint;
  your: 'your' | 'the';
  /** ` by an administrator`, say; empty where it was the person. */
  by: string;
  /** The passkey that it is about, by its name, where that is known. */
  passkey: string | undefined;
}

/** Who did it, where that was somebody else. */
function byWhom({ actorId, userId }: AuditRow): string {
  if (actorId === undefined || actorId === userId) return '';
  return others[readActor(actorId).kind];
}

const others: Record<AuditActor['kind'], string> = {
  operator: ' by the operator',
  'service token': ' by a program with a service token',
  user: ' by an administrator',
};

function isKnown(event: string): event is Event {
  return Object.hasOwn(sentences, event);
}

/** One for each event, without its capital and its full stop. A detail that is not known takes nothing but precision away. */
const sentences: Record<Event, (row: Told) => string> = {
  'account.set_up': ({ your }) => `${your} account was made, as that of the first administrator`,
  'browser.forgotten': () => 'a browser that had signed in before was forgotten',
  'browser.remembered': () => 'a browser signed in for the first time, and is known from now on',
  'clock.accepted': ({ by }) =>
    `the clock was accepted as right although stored events were later, and every session ended${by}`,
  'database.accepted': ({ by }) =>
    `the database was accepted although it may be an older copy, and every session ended${by}`,
  'key.activated': ({ by, detail }) =>
    `another key began to seal secrets${by}${detail['lost'] === true ? '; the one before was lost' : ''}`,
  'otp.bound': ({ your }) => `${your} authenticator was switched on, before a code of it was asked for`,
  'otp.confirmation_refused': ({ your }) => `a wrong code was given to confirm ${your} new authenticator`,
  'otp.confirmed': ({ your }) => `${your} authenticator was confirmed by a right code`,
  'otp.removed': ({ your, by }) => `${your} authenticator was removed${by}`,
  'otp.replaced': ({ your }) => `${your} authenticator was replaced by a new one`,
  'otp.replacement_started': ({ your }) => `replacing ${your} authenticator was begun; the old one still works`,
  'passkey.added': ({ your, by, detail, passkey = 'a passkey' }) =>
    `${passkey} was added to ${your} account${detail['by'] === 'link' ? ' with a one-time link' : by}`,
  'passkey.clone_suspected': ({ passkey }) =>
    `${passkey ? `${passkey} was refused and` : 'a passkey was refused that'} may have been copied: its counter has gone back`,
  'passkey.registration_refused': ({ your, detail }) =>
    `adding a passkey to ${your} account${detail['by'] === 'link' ? ' with a one-time link' : ''} was refused`,
  'passkey.removed': ({ your, by }) => `a passkey was removed from ${your} account${by}`,
  // Its name of today need not be the one that it was given then.
  'passkey.renamed': ({ your, passkey }) =>
    passkey ? `${passkey} was renamed; that is its name now` : `a passkey of ${your} account was given another name`,
  'password.change_refused': ({ your }) => `changing ${your} password was refused: the current password was wrong`,
  'password.changed': ({ your, by, detail }) =>
    `${your} password was ${detail['by'] === 'link' ? 'chosen with a one-time link' : `${detail['first'] === true ? 'set' : 'changed'}${by}`}`,
  'password.link_made': ({ your, by, detail }) =>
    `a one-time link for ${your} account was made${by}${detail['forced'] === true ? `; ${your} old password no longer works` : ''}`,
  'recovery_code.used': () => 'a recovery code was used in place of another second factor',
  'recovery_codes.made': () => 'new recovery codes were made; the ones before no longer work',
  'second_factors.reset': ({ your, by }) => `${your} second factors and recovery codes were taken away${by}`,
  'service_token.created': ({ by }) => `a service token for a program was made${by}`,
  'service_token.revoked': ({ by }) => `a service token of a program was revoked${by}`,
  'session.ended': ({ detail, sessionId }) =>
    detail['ended'] === undefined || detail['ended'] === sessionId ? 'signed out' : 'another session was ended',
  'session.reauthenticated': ({ viewpoint, passkey }) =>
    `${viewpoint === 'own' ? 'you proved again that it is you' : 'proved again who is signed in'}${passkey ? `, with ${passkey}` : ''}`,
  'session.reauthentication_refused': (row) => `proving again who is signed in was refused${why(row)}`,
  'sessions.ended': ({ by, detail }) =>
    `${sessionsOf(detail['count'], by)} ended${by}${Number(detail['browsers']) > 0 ? '; browsers that were known are forgotten' : ''}`,
  'sign_in.alarm': ({ your, detail }) =>
    `somebody who knows ${your} password has given ${wrongCodes(detail['wrong_codes'])} in a row`,
  'sign_in.otp_required': () => 'the right password was given, and a second factor was asked for',
  'sign_in.refused': refusal,
  'sign_in.succeeded': (row) => `signed in${withPasskey(row)}${purposes.get(row.detail['level']) ?? ''}`,
  'user.created': ({ your, by, detail }) =>
    `${your} account was made${by}${detail['administrator'] === true ? ', as that of an administrator' : ''}`,
  'user.deleted': ({ your, by }) => `${your} account was deleted${by}`,
  'user.disabled': ({ your, by }) => `${your} account was disabled${by}`,
  'user.enabled': ({ your, by }) => `${your} account was enabled again${by}`,
  'user.renamed': ({ your, by }) => `${your} account was given another name${by}`,
  'user.roles_changed': ({ your, by, detail }) => `${your} account was ${roleOf(detail['administrator'])}${by}`,
};

/** Why a secret was refused. */
function why({ detail: { reason }, passkey }: Told): string {
  if (reason === 'wrong_passkey' && passkey) return `: wrong answer of ${passkey}`;
  return wrongs.get(reason) ?? '';
}

const wrongs = new Map<unknown, string>([
  ['wrong_password', ': wrong password'],
  ['wrong_otp', ': wrong code'],
  ['wrong_passkey', ': wrong passkey'],
]);

function refusal({ detail, userId, viewpoint, passkey }: Told): string {
  const { reason } = detail;
  if (reason === 'wrong passkey') return `sign-in with ${passkey ?? 'a passkey'} refused`;
  if (reason === 'wrong otp') return 'sign-in refused: right password, wrong code';
  if (reason !== 'wrong credentials') return 'sign-in refused';
  if (userId === undefined) return 'sign-in refused: no account of that name';
  // A disabled account is judged as none, so that the log cannot tell the two either.
  return `sign-in refused: wrong password${viewpoint === 'own' ? '' : ', or a disabled account'}`;
}

/** Where a passkey was there, alone or after the password; without one, how is of no news. */
function withPasskey({ detail, passkey }: Told): string {
  if (detail['second_factor'] !== 'passkey') return '';
  if (detail['passwordless'] === true) return ` with ${passkey ?? 'a passkey'}`;
  return ` with password and ${passkey ?? 'passkey'}`;
}

/** What a session was for that could not do everything yet. */
const purposes = new Map<unknown, string>([
  ['enrolling', ', to set up the second factor that is required'],
  ['changing password', ', to choose a longer password'],
]);

function wrongCodes(count: unknown): string {
  return typeof count === 'number' ? `${count} wrong codes` : 'wrong codes';
}

/** How many sessions, and which: the others of the person, or whichever somebody else has ended. */
function sessionsOf(count: unknown, by: string): string {
  if (typeof count !== 'number') return 'sessions were';
  const kind = by === '' ? 'other ' : '';
  if (count === 0) return `no ${kind}session was there to be`;
  return count === 1 ? `one ${kind}session was` : `${count} ${kind}sessions were`;
}

function roleOf(administrator: unknown): string {
  if (administrator === true) return 'made an administrator’s';
  return administrator === false ? 'made an ordinary one again' : 'given other roles';
}
