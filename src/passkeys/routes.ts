import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { isoTime } from '../clock.ts';
import { type Client, route, type Session } from '../http/http.ts';
import type { CreationOptions } from './options.ts';
import { mostPasskeys } from './passkeys.ts';
import {
  creationOptionsSchema,
  exampleCreationOptions,
  exampleRegistration,
  type RegistrationResponse,
  registrationResponse,
} from './shapes.ts';
import type { StoredPasskey } from './store.ts';

/** What a floor above does, where sessions are judged and factors meet. */
interface Parts {
  list(userId: string): Promise<StoredPasskey[]>;
  begin(session: Session): Promise<CreationOptions>;
  add(
    session: Session,
    given: { answer: RegistrationResponse; name: string },
    client: Client,
  ): Promise<{ passkey: StoredPasskey; recoveryCodes?: string[] }>;
  rename(session: Session, id: string, name: string, client: Client): Promise<void>;
  remove(session: Session, id: string, accepts: { noWayIn: boolean }, client: Client): Promise<unknown>;
}

const tag = 'Passkeys';

const example = {
  id: 'wJ3n0bVq6sT1xZ8kRm2d',
  name: 'Laptop',
  created_at: '2026-11-22T09:00:00.000Z',
  last_used_at: null,
  backup_eligible: true,
  backed_up: true,
  rp_id: 'sign-in.example.org',
};

const passkey = z
  .object({
    id: z.string(),
    name: z.string(),
    created_at: z.iso.datetime(),
    last_used_at: z.iso.datetime().nullable().meta({ description: 'When it last signed in or proved who is there.' }),
    backup_eligible: z
      .boolean()
      .meta({ description: 'More than one device may hold it; else it stays on the one that made it.' }),
    backed_up: z.boolean().meta({ description: 'It outlives its device, as far as was known when it was last used.' }),
    rp_id: z.string().meta({
      description: 'The host name that it works for. One of another host name, from before a move, signs nobody in.',
    }),
  })
  .meta({ id: 'Passkey', examples: [example] });

const described = ({ id, name, createdAt, lastUsedAt, backupEligible, backedUp, rpId }: StoredPasskey) => ({
  id,
  name,
  created_at: isoTime(createdAt),
  last_used_at: lastUsedAt === undefined ? null : isoTime(lastUsedAt),
  backup_eligible: backupEligible,
  backed_up: backedUp,
  rp_id: rpId,
});

const name = z
  .string()
  .max(256)
  .meta({ description: 'What its owner knows it by: 1 to 64 visible characters.', examples: [example.name] });
const params = z.strictObject({ id: z.string().max(64).meta({ description: 'As GET /auth/passkeys lists it.' }) });

export function passkeyRoutes(app: FastifyInstance, parts: Parts): void {
  registration(app, parts);
  keeping(app, parts);
}

function registration(app: FastifyInstance, { begin, add }: Parts): void {
  route(app, {
    method: 'POST',
    url: '/auth/passkeys/registration/options',
    access: 'fresh or enrolling',
    operationId: 'beginPasskeyRegistration',
    summary: 'What to ask a browser or device for, to make a new passkey',
    description:
      'Give `options` to `PublicKeyCredential.parseCreationOptionsFromJSON()`, and its answer to POST /auth/passkeys within five minutes. `forbidden` also where this service is reached by an IP address: there are no passkeys for those.',
    tag,
    answers: {
      200: {
        description: 'What to ask for',
        schema: z
          .object({ options: creationOptionsSchema })
          .meta({ id: 'PasskeyRegistrationOptions', examples: [{ options: exampleCreationOptions }] }),
      },
    },
    async handle({ session }) {
      return { options: await begin(session) };
    },
  });

  route(app, {
    method: 'POST',
    url: '/auth/passkeys',
    access: 'fresh or enrolling',
    operationId: 'addPasskey',
    summary: 'Keep a new passkey; the other sessions end',
    description:
      'Send what `navigator.credentials.create()` has answered, by its `toJSON()`. A passkey is a second factor: from now on the password alone no longer signs in, and the session that adds it counts as having proved it. Without `name` it is called “Passkey”.',
    tag,
    body: z
      .strictObject({ name: name.optional(), credential: registrationResponse })
      .meta({ examples: [{ name: 'Laptop', credential: exampleRegistration }] }),
    answers: {
      201: {
        description: 'The passkey, and ten recovery codes with the first second factor, shown this once',
        schema: z.object({ passkey, recovery_codes: z.array(z.string()).optional() }).meta({
          id: 'AddedPasskey',
          examples: [{ passkey: example, recovery_codes: ['ABCD-EFGH-IJKL-MNOP-QRST-UVWX'] }],
        }),
      },
    },
    problems: ['wrong_passkey', 'passkey_exists', 'too_many_passkeys'],
    async handle({ session, body, client, reply }) {
      const added = await add(session, { answer: body.credential, name: body.name ?? 'Passkey' }, client);
      const codes = added.recoveryCodes ? { recovery_codes: added.recoveryCodes } : {};
      return reply.code(201).send({ passkey: described(added.passkey), ...codes });
    },
  });
}

function keeping(app: FastifyInstance, { list, rename, remove }: Parts): void {
  route(app, {
    method: 'GET',
    url: '/auth/passkeys',
    access: 'signed in',
    operationId: 'listPasskeys',
    summary: 'The passkeys of my account, the oldest first',
    description:
      'Also those of another host name, from before a move, and where this service is reached by an IP address, under which none signs in.',
    tag,
    answers: {
      200: {
        description: `All of them, ${mostPasskeys} at most`,
        schema: z.object({ passkeys: z.array(passkey) }).meta({ examples: [{ passkeys: [example] }] }),
      },
    },
    async handle({ session }) {
      return { passkeys: (await list(session.userId)).map(described) };
    },
  });

  route(app, {
    method: 'PATCH',
    url: '/auth/passkeys/:id',
    access: 'fresh',
    operationId: 'renamePasskey',
    summary: 'Give a passkey another name',
    description: 'Here alone: devices and password managers go on calling it what they did.',
    tag,
    params,
    body: z.strictObject({ name }).meta({ examples: [{ name: example.name }] }),
    answers: { 204: { description: 'Renamed' } },
    problems: ['not_found'],
    async handle({ session, params, body, client, reply }) {
      await rename(session, params.id, body.name, client);
      return reply.code(204).send();
    },
  });

  route(app, {
    method: 'DELETE',
    url: '/auth/passkeys/:id',
    access: 'fresh',
    operationId: 'removePasskey',
    summary: 'Remove a passkey; the other sessions end',
    description:
      'Its device is not told and may go on offering it: remove it there too. With the last second factor the recovery codes go. The last way into an account goes only with `?accept=no_way_in`: nobody can sign in then until an administrator makes a link.',
    tag,
    params,
    query: z.strictObject({
      accept: z
        .literal('no_way_in')
        .optional()
        .meta({ description: 'Says that nobody may be able to sign in any more. Needed for the last way in alone.' }),
    }),
    answers: { 204: { description: 'Removed' } },
    problems: ['not_found', 'second_factor_required', 'last_way_in'],
    async handle({ session, params, query, client, reply }) {
      await remove(session, params.id, { noWayIn: query.accept === 'no_way_in' }, client);
      return reply.code(204).send();
    },
  });
}
