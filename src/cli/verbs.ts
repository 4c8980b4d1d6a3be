import { optionNames } from '../options.ts';
import { audit, config, db, key } from './operation-verbs.ts';
import { session, totp, user } from './people-verbs.ts';
import { type Group, type Verb, where } from './verb.ts';

const start = 'Start';
const people = 'People';
const operation = 'Operation';

/** Everything that can be typed, in the order in which help shows it. */
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
    more: 'The log goes to stdout, a JSON line for each request; what a person should read\ngoes to stderr. SIGTERM or SIGINT stops it once the requests in flight are\nanswered, 10 seconds later at most; a second one stops it at once. After SIGTERM\nrequests are taken for --drain longer.',
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
  { name: 'key', help: 'Make, list and rotate keys; seal values anew.', heading: operation, verbs: key },
  { name: 'audit', help: 'List, export and verify the audit log.', heading: operation, verbs: audit },
  { name: 'db', help: 'Back up, restore, bring up to date and move the database.', heading: operation, verbs: db },
  {
    name: 'doctor',
    help: 'Look at everything that the service rests on, and say what is wrong and what to do.',
    heading: operation,
    flags: [
      [
        '--accept-clock',
        'Accept the present time although stored events are later; ends every session and one-time link.',
      ],
    ],
    options: where,
    more: 'Works beside a running service and where it would not start. Changes nothing and\nmakes no file, unless the clock is to be accepted. Exits 0 where there are only\nwarnings.',
    json: '{"ok", "findings": [{"check", "state", "found", "todo", "users"}]}, also when the exit code is 1',
    run: async (call) => (await import('./doctor.ts')).doctor(call),
  },
  {
    name: 'healthcheck',
    help: 'Exit 0 if the service on this machine is ready, 1 if not, within 3 seconds.',
    heading: operation,
    options: ['host', 'port'],
    json: '{"ready", "url", "outcome"}, also when the exit code is 1',
    run: async (call) => (await import('./healthcheck.ts')).healthcheck(call),
  },
];
