import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import type { Database } from '../database/database.ts';
import { Problem, route } from '../http/http.ts';
import type { Site } from '../pages/pages.ts';
import { listUsers } from '../users/users.ts';
import { activityPageRoutes } from './activity.ts';
import type { Admin } from './admin.ts';
import { cursorOf, nameIn } from './cursor.ts';
import { rescueRoutes } from './rescue-routes.ts';
import { serviceTokenRoutes } from './service-token-routes.ts';
import { serviceTokensPages } from './service-tokens.ts';
import {
  actorOf,
  describeFactors,
  describeLink,
  describeUser,
  example,
  exampleLink,
  link,
  name,
  params,
  roles,
  user,
  userWithFactors,
} from './shapes.ts';
import { userPages } from './user.ts';
import { usersPages } from './users.ts';

interface Parts {
  database: Database;
  admin: Admin;
  site: Site;
}

const tag = 'Users';

export function adminRoutes(app: FastifyInstance, parts: Parts): void {
  list(app, parts);
  create(app, parts);
  one(app, parts);
  change(app, parts);
  remove(app, parts);
  rescueRoutes(app, parts);
  serviceTokenRoutes(app, parts);
  usersPages(app, parts);
  userPages(app, parts);
  serviceTokensPages(app, parts);
  activityPageRoutes(app, parts);
}

function list(app: FastifyInstance, { database }: Parts): void {
  route(app, {
    method: 'GET',
    url: '/users',
    access: 'administrator or service token',
    operationId: 'listUsers',
    summary: 'Users in the order of their names, a page at a time',
    tag,
    query: z.strictObject({
      cursor: z.string().max(512).optional().meta({ description: '`next` of the page before.' }),
      name: z
        .string()
        .max(256)
        .optional()
        .meta({ description: 'Only users whose names have this in them, in whatever case.', examples: ['ali'] }),
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
      const { cursor, limit = '50', name: containing } = query;
      const page = await listUsers(database.read, { after: nameIn(cursor), limit: Number(limit), containing });
      return { users: page.users.map(describeUser), next: page.next === undefined ? null : cursorOf(page.next) };
    },
  });
}

function create(app: FastifyInstance, { admin }: Parts): void {
  route(app, {
    method: 'POST',
    url: '/users',
    access: 'administrator or service token',
    operationId: 'createUser',
    summary: 'Create a user, with a password or with a one-time link',
    tag,
    body: z
      .strictObject({ name, roles: roles.optional(), password: z.string().max(4096).optional() })
      .meta({ examples: [{ name: 'alice' }] }),
    answers: {
      201: {
        description: 'Created; `link` is for the person, and shown this once',
        schema: user.extend({ link: link.optional() }).meta({
          id: 'NewUser',
          examples: [{ ...example, link: exampleLink }],
        }),
      },
    },
    problems: ['name_taken', 'weak_password', 'busy'],
    async handle({ body, reply, ...call }) {
      const given = { name: body.name, administrator: body.roles?.length === 1, password: body.password };
      const created = await admin.create(actorOf(call), given);
      return reply.code(201).send({ ...describeUser(created.user), ...(created.link && describeLink(created.link)) });
    },
  });
}

function one(app: FastifyInstance, { admin }: Parts): void {
  route(app, {
    method: 'GET',
    url: '/users/:id',
    access: 'administrator or service token',
    operationId: 'getUser',
    summary: 'One user, and for an administrator how that user signs in',
    tag,
    params,
    answers: { 200: { description: 'The user', schema: userWithFactors } },
    problems: ['not_found'],
    async handle({ session, params }) {
      const found = await admin.overview(params.id);
      if (!found) throw new Problem('not_found', { detail: 'There is no user of that id.' });
      return { ...describeUser(found.user), ...(session && describeFactors(found)) };
    },
  });
}

function change(app: FastifyInstance, { admin }: Parts): void {
  route(app, {
    method: 'PATCH',
    url: '/users/:id',
    access: 'administrator or service token',
    operationId: 'changeUser',
    summary: 'Rename, disable, enable, or change roles; disabling ends every session',
    tag,
    params,
    body: z
      .strictObject({ name: name.optional(), disabled: z.boolean().optional(), roles: roles.optional() })
      .meta({ examples: [{ disabled: true }] }),
    answers: { 200: { description: 'The user as it is now', schema: user } },
    problems: ['not_found', 'name_taken'],
    async handle({ params, body, ...call }) {
      const administrator = body.roles && body.roles.length === 1;
      const given = { name: body.name, disabled: body.disabled, administrator };
      return describeUser(await admin.change(actorOf(call), params.id, given));
    },
  });
}

function remove(app: FastifyInstance, { admin }: Parts): void {
  route(app, {
    method: 'DELETE',
    url: '/users/:id',
    access: 'administrator or service token',
    operationId: 'deleteUser',
    summary: 'Delete a user with everything that is theirs; the audit log stays',
    tag,
    params,
    answers: { 204: { description: 'Deleted' } },
    problems: ['not_found'],
    async handle({ params, reply, ...call }) {
      await admin.remove(actorOf(call), params.id);
      return reply.code(204).send();
    },
  });
}
