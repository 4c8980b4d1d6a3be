import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { isoTime } from '../clock.ts';
import type { Database } from '../database/database.ts';
import { type Client, Problem, route, type Session } from '../http/http.ts';
import { findUser, listUsers, type User } from '../users/users.ts';
import type { Actor, Admin } from './admin.ts';

interface Parts {
  database: Database;
  admin: Admin;
}

const roles = z.array(z.literal('administrator')).max(1);
const name = z
  .string()
  .min(1)
  .max(256)
  .meta({ description: 'RFC 8265 UsernameCaseMapped, 1 to 64 code points, no colon.', examples: ['alice'] });
const example = {
  id: 'hV3mZ0Yk7Qd1sW9xTb2e',
  name: 'alice',
  roles: [],
  disabled: false,
  created_at: '2026-11-22T09:00:00.000Z',
};

const user = z
  .object({ id: z.string(), name: z.string(), roles, disabled: z.boolean(), created_at: z.iso.datetime() })
  .meta({ id: 'User', examples: [example] });
const params = z.strictObject({
  id: z
    .string()
    .max(64)
    .meta({ examples: [example.id] }),
});
const tag = 'Users';

const describe = ({ id, name, administrator, disabled, createdAt }: User) => ({
  id,
  name,
  roles: administrator ? ['administrator'] : [],
  disabled,
  created_at: isoTime(createdAt),
});

const actor = (session: Session, { address }: Client): Actor => ({ session, address });

export function adminRoutes(app: FastifyInstance, parts: Parts): void {
  list(app, parts);
  create(app, parts);
  one(app, parts);
  change(app, parts);
  remove(app, parts);
}

function list(app: FastifyInstance, { database }: Parts): void {
  route(app, {
    method: 'GET',
    url: '/users',
    access: 'administrator',
    operationId: 'listUsers',
    summary: 'Users in the order of their names, a page at a time',
    tag,
    query: z.strictObject({
      cursor: z.string().max(512).optional().meta({ description: '`next` of the page before.' }),
      limit: z
        .string()
        .regex(/^(100|[1-9]\d?)$/, 'a whole number from 1 to 100')
        .optional()
        .meta({ description: 'Users a page, 1 to 100; 50 where nothing is said.', examples: ['50'] }),
    }),
    answers: {
      200: {
        description: 'A page',
        schema: z
          .object({ users: z.array(user), next: z.string().nullable() })
          .meta({ id: 'UserList', examples: [{ users: [example], next: null }] }),
      },
    },
    async handle({ query }) {
      const after = nameIn(query.cursor ?? '');
      const limit = Number(query.limit ?? 50);
      // One more than asked for, to know whether a next page has anybody on it.
      const found = await listUsers(database.read, after, limit + 1);
      const page = found.slice(0, limit);
      const last = found.length > limit ? page.at(-1) : undefined;
      return { users: page.map(describe), next: last ? cursorOf(last.name) : null };
    },
  });
}

const cursorOf = (name: string): string => Buffer.from(name).toString('base64url');

/** The name behind which a page begins. Throws `invalid` for a cursor that is none of ours. */
function nameIn(cursor: string): string {
  const name = Buffer.from(cursor, 'base64url').toString();
  if (cursorOf(name) === cursor) return name;
  const detail = 'Send `next` of the page before, or no cursor for the first page.';
  throw new Problem('invalid', { errors: [{ pointer: '/cursor', detail }] });
}

function create(app: FastifyInstance, { admin }: Parts): void {
  const link = z.object({ url: z.string(), expires_at: z.iso.datetime() });
  route(app, {
    method: 'POST',
    url: '/users',
    access: 'administrator',
    operationId: 'createUser',
    summary: 'Create a user, with a password or with a one-time link to choose one',
    tag,
    body: z
      .strictObject({ name, roles: roles.optional(), password: z.string().max(4096).optional() })
      .meta({ examples: [{ name: 'alice' }] }),
    answers: {
      201: {
        description: 'Created; `link` is for the person, and shown this once',
        schema: user.extend({ link: link.optional() }).meta({
          id: 'NewUser',
          examples: [
            {
              ...example,
              link: { url: 'http://localhost:8000/invitation?token=csl_…', expires_at: '2026-11-29T09:00:00.000Z' },
            },
          ],
        }),
      },
    },
    problems: ['name_taken', 'weak_password', 'busy'],
    async handle({ session, body, client, reply }) {
      const given = { name: body.name, administrator: body.roles?.length === 1, password: body.password };
      const created = await admin.create(actor(session, client), given);
      const invitation = created.link && {
        link: { url: created.link.url, expires_at: isoTime(created.link.expiresAt) },
      };
      return reply.code(201).send({ ...describe(created.user), ...invitation });
    },
  });
}

function one(app: FastifyInstance, { database }: Parts): void {
  route(app, {
    method: 'GET',
    url: '/users/:id',
    access: 'administrator',
    operationId: 'getUser',
    summary: 'One user',
    tag,
    params,
    answers: { 200: { description: 'The user', schema: user } },
    problems: ['not_found'],
    async handle({ params }) {
      const found = await findUser(database.read, params.id);
      if (!found) throw new Problem('not_found', { detail: 'There is no user of that id.' });
      return describe(found);
    },
  });
}

function change(app: FastifyInstance, { admin }: Parts): void {
  route(app, {
    method: 'PATCH',
    url: '/users/:id',
    access: 'administrator',
    operationId: 'changeUser',
    summary: 'Rename, disable, enable, or change roles; disabling ends every session',
    tag,
    params,
    body: z
      .strictObject({ name: name.optional(), disabled: z.boolean().optional(), roles: roles.optional() })
      .meta({ examples: [{ disabled: true }] }),
    answers: { 200: { description: 'The user as it is now', schema: user } },
    problems: ['not_found', 'name_taken'],
    async handle({ session, params, body, client }) {
      const administrator = body.roles && body.roles.length === 1;
      const given = { name: body.name, disabled: body.disabled, administrator };
      return describe(await admin.change(actor(session, client), params.id, given));
    },
  });
}

function remove(app: FastifyInstance, { admin }: Parts): void {
  route(app, {
    method: 'DELETE',
    url: '/users/:id',
    access: 'administrator',
    operationId: 'deleteUser',
    summary: 'Delete a user with everything that is theirs; the audit log stays',
    tag,
    params,
    answers: { 204: { description: 'Deleted' } },
    problems: ['not_found'],
    async handle({ session, params, client, reply }) {
      await admin.remove(actor(session, client), params.id);
      return reply.code(204).send();
    },
  });
  route(app, {
    method: 'DELETE',
    url: '/users/:id/second-factors',
    access: 'administrator',
    operationId: 'resetSecondFactors',
    summary: 'Take away the second factors of someone who has lost them; every session ends',
    tag,
    params,
    answers: { 204: { description: 'Taken away' } },
    problems: ['not_found'],
    async handle({ session, params, client, reply }) {
      await admin.resetSecondFactors(actor(session, client), params.id);
      return reply.code(204).send();
    },
  });
}
