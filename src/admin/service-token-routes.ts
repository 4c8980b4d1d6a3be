import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { isoTime } from '../clock.ts';
import { route } from '../http/http.ts';
import { tokenDays } from '../service-tokens/service-tokens.ts';
import type { Admin, ListedServiceToken } from './admin.ts';

const tag = 'Service tokens';

const example = { id: 'c3Bsd0m7Yt1qkZ9xWv4e', name: 'HR import', expires_at: '2027-02-20T09:00:00.000Z' };
const listed = {
  ...example,
  created_by: 'hV3mZ0Yk7Qd1sW9xTb2e',
  created_at: '2026-11-22T09:00:00.000Z',
  last_used_at: null,
};

const serviceToken = z.object({
  id: z.string(),
  name: z.string(),
  created_by: z.string().meta({ description: 'Id of the administrator who made it.' }),
  created_at: z.iso.datetime(),
  expires_at: z.iso.datetime(),
  last_used_at: z.iso.datetime().nullable(),
});

const describe = (token: ListedServiceToken) => ({
  id: token.id,
  name: token.name,
  created_by: token.createdBy,
  created_at: isoTime(token.createdAt),
  expires_at: isoTime(token.expiresAt),
  last_used_at: token.lastUsedAt === undefined ? null : isoTime(token.lastUsedAt),
});

export function serviceTokenRoutes(app: FastifyInstance, { admin }: { admin: Admin }): void {
  route(app, {
    method: 'GET',
    url: '/service-tokens',
    access: 'administrator',
    operationId: 'listServiceTokens',
    summary: 'Programs that may administer users, in the order of their names',
    tag,
    answers: {
      200: {
        description: 'Every token that has not expired; never the token itself',
        schema: z
          .object({ service_tokens: z.array(serviceToken) })
          .meta({ id: 'ServiceTokenList', examples: [{ service_tokens: [listed] }] }),
      },
    },
    async handle() {
      return { service_tokens: (await admin.listServiceTokens()).map(describe) };
    },
  });
  create(app, admin);
  route(app, {
    method: 'DELETE',
    url: '/service-tokens/:id',
    access: 'administrator',
    operationId: 'revokeServiceToken',
    summary: 'Revoke a service token; it is no good from then on',
    tag,
    params: z.strictObject({
      id: z
        .string()
        .max(64)
        .meta({ examples: [example.id] }),
    }),
    answers: { 204: { description: 'Revoked' } },
    problems: ['not_found'],
    async handle({ session, params, client, reply }) {
      await admin.revokeServiceToken({ session, address: client.address }, params.id);
      return reply.code(204).send();
    },
  });
}

function create(app: FastifyInstance, admin: Admin): void {
  route(app, {
    method: 'POST',
    url: '/service-tokens',
    access: 'administrator',
    operationId: 'createServiceToken',
    summary: 'Let a program administer users who are no administrators',
    description: 'The token opens GET, POST, PATCH and DELETE of /users, and nothing else.',
    tag,
    body: z
      .strictObject({
        name: z
          .string()
          .min(1)
          .max(256)
          .meta({ description: 'What it is for: 1 to 64 visible characters.', examples: [example.name] }),
        expires_in_days: z
          .int()
          .min(tokenDays.least)
          .max(tokenDays.most)
          .optional()
          .meta({ description: `Whole days; ${tokenDays.usual} where nothing is said.`, examples: [tokenDays.usual] }),
      })
      .meta({ examples: [{ name: example.name, expires_in_days: tokenDays.usual }] }),
    answers: {
      201: {
        description: 'Made; the token is shown this once',
        schema: z
          .object({ id: z.string(), name: z.string(), token: z.string(), expires_at: z.iso.datetime() })
          .meta({ id: 'NewServiceToken', examples: [{ ...example, token: 'css_…' }] }),
      },
    },
    problems: ['name_taken'],
    async handle({ session, body, client, reply }) {
      const given = { name: body.name, days: body.expires_in_days ?? tokenDays.usual };
      const { token, info } = await admin.createServiceToken({ session, address: client.address }, given);
      return reply.code(201).send({ id: info.id, name: info.name, token, expires_at: isoTime(info.expiresAt) });
    },
  });
}
