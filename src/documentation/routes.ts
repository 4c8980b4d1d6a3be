import { readFileSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { contentPolicy, route, serveAssets } from '../http/http.ts';
import { shipped } from '../shipped.ts';
import type { Described } from './document.ts';
import { documentationAssets, redocPage, swaggerUiPage } from './pages.ts';

/**
 * The API pages: Swagger UI, ReDoc, and the OpenAPI document that both show, made from the routes' own schemas when it
 * is first asked for. This part must come before the first route, so that the document knows them all.
 */
export function collectRoutes(app: FastifyInstance): readonly Described[] {
  const routes: Described[] = [];
  app.addHook('onRoute', ({ method, url, schema }) => {
    if (method !== 'HEAD') routes.push({ method, url, ...(schema ? { schema } : {}) });
  });
  return routes;
}

interface Parts {
  service: string;
  /** What `collectRoutes` has answered. */
  routes: readonly Described[];
}

export function documentationRoutes(app: FastifyInstance, parts: Parts): void {
  openapi(app, parts);
  pages(app, parts);
  serveAssets(app, '/docs/assets/', documentationAssets);
}

function openapi(app: FastifyInstance, { service, routes }: Parts): void {
  let text: Promise<string> | undefined;
  const document = async (): Promise<string> => {
    const { version }: { version: string } = JSON.parse(readFileSync(shipped('../package.json'), 'utf8'));
    return (await import('./document.ts')).makeDocument(routes, { service, version });
  };
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
      text ??= document().catch((error: unknown) => {
        text = undefined;
        throw error;
      });
      return reply.type('application/json').send(await text);
    },
  });
}

const ours = { 'connect-src': "'self'", 'img-src': "'self' data:", 'script-src': "'self'" };
const swaggerUiPolicy = contentPolicy({ ...ours, 'style-src': "'self'" });
// ReDoc makes two inline style elements: an empty one, which it fills through the CSSOM, and one that never changes.
const emptyStyle = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='";
const fixedStyle = "'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='";
const redocPolicy = contentPolicy({ ...ours, 'style-src': `'self' ${emptyStyle} ${fixedStyle}` });

function pages(app: FastifyInstance, { service }: Parts): void {
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
        return reply.header('content-security-policy', policy).type('text/html; charset=utf-8').send(page(service));
      },
    });
  }
}
