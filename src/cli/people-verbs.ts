import { type Verb, where } from './verb.ts';

const fromStdin = 'The password is asked for without echo; without a terminal it is the first line\nof stdin.';
const nameArgument = ['<NAME>', "The user's name, in any case."] as const;

/** The verbs of `countersign user`. */
export const user: readonly Verb[] = [
  {
    name: 'create',
    help: 'Create a user, with a password or with a one-time link to choose how to sign in.',
    args: [['<NAME>', 'Letters, digits and marks such as . - _ @, at most 64, no space or colon.']],
    flags: [
      ['--admin', 'Make an administrator, who may manage users.'],
      ['--link', 'Ask for no password; print a link for the person to choose one, or a passkey (7 days, once).'],
    ],
    options: [...where, 'publicUrl', 'requireSecondFactor'],
    more: fromStdin,
    json: 'USER, with --link also "link": {"url", "expires_at"}',
    run: async (call) => (await import('./user.ts')).createUser(call),
  },
  {
    name: 'list',
    help: 'List all users.',
    options: where,
    json: '{"users": [USER]}',
    run: async (call) => (await import('./user.ts')).listUsers(call),
  },
  {
    name: 'disable',
    help: 'Let a user sign in no more, and end every session.',
    args: [nameArgument],
    options: where,
    json: 'USER',
    run: async (call) => (await import('./user.ts')).disableUser(call),
  },
  {
    name: 'enable',
    help: 'Let a disabled user sign in again.',
    args: [nameArgument],
    options: where,
    json: 'USER',
    run: async (call) => (await import('./user.ts')).enableUser(call),
  },
  {
    name: 'delete',
    help: 'Delete a user with everything that is theirs; only the audit log stays. Asks nothing.',
    args: [nameArgument],
    options: where,
    json: '{"id", "name", "deleted"}',
    run: async (call) => (await import('./user.ts')).deleteUser(call),
  },
  {
    name: 'set-password',
    help: 'Give a user a new password, and end every session.',
    args: [nameArgument],
    options: [...where, 'requireSecondFactor'],
    more: fromStdin,
    json: 'USER',
    run: async (call) => (await import('./user.ts')).setPassword(call),
  },
  {
    name: 'reset-second-factor',
    help: 'Take away authenticator, passkeys and recovery codes of someone who has lost them, and end every session.',
    args: [nameArgument],
    options: where,
    json: 'USER',
    run: async (call) => (await import('./user.ts')).resetSecondFactor(call),
  },
];

/** The verbs of `countersign session`. */
export const session: readonly Verb[] = [
  {
    name: 'list',
    help: 'List where a user is signed in.',
    args: [nameArgument],
    options: where,
    json: '{"sessions": [SESSION]}',
    run: async (call) => (await import('./session.ts')).listSessions(call),
  },
  {
    name: 'end',
    help: 'End one session of a user, or all.',
    args: [nameArgument, ['[ID]', 'Which one, as `session list` shows it.']],
    flags: [['--all', 'End every session of the user.']],
    options: where,
    json: '{"ended"}, a number',
    run: async (call) => (await import('./session.ts')).endSessions(call),
  },
  {
    name: 'end-everybody',
    help: 'End every session of everybody, and forget every browser; for after a break-in.',
    options: where,
    json: '{"ended"}, a number',
    run: async (call) => (await import('./session.ts')).endEverySession(call),
  },
];

/** The verbs of `countersign totp`. */
export const totp: readonly Verb[] = [
  {
    name: 'code',
    help: 'Print the code of now for a secret.',
    more: 'Reads the secret (base32) or an otpauth:// URI from the first line of stdin, or\nasks for it without echo.',
    json: '{"code", "expires_at"}',
    run: async (call) => (await import('./totp.ts')).printCode(call),
  },
  {
    name: 'uri',
    help: 'Print the otpauth:// URI of a secret.',
    needs: [['--name <NAME>', 'The account that the app shows.']],
    options: ['issuer'],
    more: 'Reads the secret (base32) from the first line of stdin, or asks for it without\necho.',
    json: '{"uri"}',
    run: async (call) => (await import('./totp.ts')).printUri(call),
  },
  {
    name: 'qr',
    help: 'Draw the QR code of an otpauth:// URI, in the terminal or into a file.',
    flags: [
      ['--png <FILE>', 'Write a PNG image instead.'],
      ['--svg <FILE>', 'Write an SVG image instead.'],
    ],
    more: 'Reads the URI from the first line of stdin, or asks for it without echo.\n\n  countersign totp uri --name alice < secret.txt | countersign totp qr',
    json: '{"qr"}, or {"file"}',
    run: async (call) => (await import('./totp.ts')).printQr(call),
  },
];
