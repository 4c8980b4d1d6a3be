import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { contentPolicy, route, serveAssets } from '../http/http.ts';
import { describeApi } from './openapi.ts';
import { documentationAssets, redocPage, swaggerUiPage } from './pages.ts';

/**
 * The API pages: Swagger UI, ReDoc, and the OpenAPI document that both show, made from the routes' own schemas. This
 * part must be awaited before the first route, so that the document knows them all.
 */
export async function prepareDocumentation(app: FastifyInstance, { service }: { service: string }): Promise<void> {
  const manifest = readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8');
  const { version }: { version: string } = JSON.parse(manifest);
  await app.register(swagger, describeApi({ service, version }));
}

export function documentationRoutes(app: FastifyInstance): void {
  openapi(app);
  pages(app);
  serveAssets(app, '/docs/assets/', documentationAssets);
}

function openapi(app: FastifyInstance): void {
  let text: string | undefined;
  route(app, {
    method: 'GET',
    url: '/openapi.json',
    access: 'anyone',
    operationId: 'openapi',
    summary: 'This API as an OpenAPI 3.1 document',
    tag: 'Documentation',
    answers: {
      200: {
        description: 'The document',
        schema: z.looseObject({ openapi: z.string() }).meta({ examples: [{ openapi: '3.1.1' }] }),
      },
    },
    async handle({ reply }) {
      text ??= JSON.stringify(app.swagger());
      return reply.type('application/json').send(text);
    },
  });
}

const ours = { 'connect-src': "'self'", 'img-src': "'self' data:", 'script-src': "'self'" };
const swaggerUiPolicy = contentPolicy({ ...ours, 'style-src': "'self'" });
// ReDoc makes two inline style elements: an empty one, which it fills through the CSSOM, and one that never changes.
const emptyStyle = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='";
const fixedStyle = "'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='";
const redocPolicy = contentPolicy({ ...ours, 'style-src': `'self' ${emptyStyle} ${fixedStyle}` });

function pages(app: FastifyInstance): void {
  const places = [
    { url: '/docs', operationId: 'swaggerUi', summary: 'Swagger UI', page: swaggerUiPage, policy: swaggerUiPolicy },
    { url: '/redoc', operationId: 'redoc', summary: 'ReDoc', page: redocPage, policy: redocPolicy },
  ];
  for (const { url, operationId, summary, page, policy } of places) {
    route(app, {
      method: 'GET',
      url,
      access: 'anyone',
      page: url,
      operationId,
      summary,
      tag: 'Documentation',
      // Links to the page may carry anything: the server reads none of it.
      query: z.looseObject({}),
      answers: { 200: { description: 'The page' } },
      async handle({ reply }) {
        return reply
          .header('content-security-policy', policy)
          .type('text/html; charset=utf-8')
          .send(page(app.swagger().info.title));
      },
    });
  }
}
