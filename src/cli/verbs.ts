import { type OptionName, optionNames } from '../options.ts';
import type { Call } from './call.ts';

/**
 * Every verb: what is typed, what help says, and which file does it. That file is imported when the verb is run, so that
 * `--help` need not wait for the whole service.
 */
export interface Verb {
  name: string;
  help: string;
  /** Under which heading it stands in the list of verbs. */
  heading?: string;
  args?: readonly (readonly [term: string, help: string])[];
  /** Flags of its own. */
  flags?: readonly (readonly [term: string, help: string])[];
  /** Flags of its own that must be there. */
  needs?: readonly (readonly [term: string, help: string])[];
  /** The options of the service that its help shows. Where this is given all of them are taken; else none. */
  options?: readonly OptionName[];
  /** What it answers with `--json`; without this it has no such flag. USER and SESSION stand for what the API says of one. */
  json?: string;
  /** What help says at its end. */
  more?: string;
  run: (call: Call) => Promise<void>;
}

export interface Group {
  name: string;
  help: string;
  heading: string;
  verbs: readonly Verb[];
}

const start = 'Start';
const people = 'People';
const operation = 'Operation';
const where: readonly OptionName[] = ['data', 'keyFile'];
const fromStdin = 'The password is asked for without echo; without a terminal it is the first line\nof stdin.';
const nameArgument = ['<NAME>', "The user's name, in any case."] as const;

const user: readonly Verb[] = [
  {
    name: 'create',
    help: 'Create a user, with a password or with a one-time link to choose one.',
    args: [['<NAME>', 'Letters, digits and marks such as . - _ @, at most 64, no space or colon.']],
    flags: [
      ['--admin', 'Make an administrator, who may manage users.'],
      ['--link', 'Ask for no password; print a link for the person to choose one (7 days, once).'],
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
    help: 'Take away second factor and recovery codes of someone who has lost them, and end every session.',
    args: [nameArgument],
    options: where,
    json: 'USER',
    run: async (call) => (await import('./user.ts')).resetSecondFactor(call),
  },
];

const session: readonly Verb[] = [
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
];

const totp: readonly Verb[] = [
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

const config: readonly Verb[] = [
  {
    name: 'print',
    help: 'Print every option, its value, and where that comes from.',
    options: [],
    json: '{"options": {"port": {"value", "source"}, …}}, as createServer takes them: durations in milliseconds',
    run: async (call) => (await import('./config.ts')).printConfig(call),
  },
  {
    name: 'check',
    help: 'Check every option, and that the files they name can be used. Changes nothing.',
    options: [],
    json: '{"ok", "problems": […]}, also when the exit code is 1',
    run: async (call) => (await import('./config.ts')).checkConfig(call),
  },
];

const key: readonly Verb[] = [
  {
    name: 'create',
    help: 'Make a key file with one new key. A file that is there is never overwritten.',
    args: [['<FILE>', 'Where; outside of the data folder, so that a copy of that alone opens nothing.']],
    json: '{"file"}',
    run: async (call) => (await import('./key.ts')).createKey(call),
  },
];

export const verbs: readonly (Verb | Group)[] = [
  {
    name: 'demo',
    help: 'Try it: serve this machine with the account user / pass, and keep nothing.',
    heading: start,
    options: ['port', 'issuer'],
    more: 'Refused are those of data, keys, TLS and proxies, and hosts beyond this machine.',
    json: '{"url", "name", "password", "folder"}',
    run: async (call) => (await import('./demo.ts')).demo(call),
  },
  {
    name: 'serve',
    help: 'Run the service.',
    heading: start,
    options: optionNames,
    more: 'The log goes to stdout, a JSON line for each request; what a person should read\ngoes to stderr. SIGTERM or SIGINT stops it once the requests in flight are\nanswered, 10 seconds later at most; a second one stops it at once.',
    run: async (call) => (await import('./serve.ts')).serve(call),
  },
  {
    name: 'setup-link',
    help: 'Print a new link to make the first administrator; the last one is void.',
    heading: start,
    options: [...where, 'publicUrl'],
    json: '{"url"}',
    run: async (call) => (await import('./setup-link.ts')).setupLink(call),
  },
  {
    name: 'user',
    help: 'Create, list, disable, enable, delete users; set passwords; reset second factors.',
    heading: people,
    verbs: user,
  },
  { name: 'session', help: 'List and end sessions.', heading: people, verbs: session },
  { name: 'totp', help: 'Codes, URIs and QR codes of authenticators, without a phone.', heading: people, verbs: totp },
  { name: 'config', help: 'Print and check the options.', heading: operation, verbs: config },
  { name: 'key', help: 'Make key files.', heading: operation, verbs: key },
  {
    name: 'healthcheck',
    help: 'Exit 0 if the service on this machine is ready, 1 if not, within 3 seconds.',
    heading: operation,
    options: ['host', 'port'],
    json: '{"ready", "url", "outcome"}, also when the exit code is 1',
    run: async (call) => (await import('./healthcheck.ts')).healthcheck(call),
  },
];
