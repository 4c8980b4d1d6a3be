import swagger from '@fastify/swagger';
import Fastify, { type RouteOptions } from 'fastify';
import { describeApi } from './openapi.ts';

/** A route as the document needs it; the schema is its own, made of zod. */
export type Described = Pick<RouteOptions, 'method' | 'url' | 'schema'>;

/**
 * The OpenAPI document of these routes, as text. What makes it is much code that a service hardly ever needs: it is
 * imported when somebody asks, and told the routes then, on a Fastify instance that answers nobody.
 */
export async function makeDocument(
  routes: readonly Described[],
  about: { service: string; version: string },
): Promise<string> {
  const book = Fastify({ schemaController: { compilersFactory: noCompilers } });
  await book.register(swagger, describeApi(about));
  for (const { method, url, schema } of routes) {
    book.route({ method, url, exposeHeadRoute: false, ...(schema ? { schema } : {}), handler: async () => undefined });
  }
  await book.ready();
  const text = JSON.stringify(book.swagger());
  await book.close();
  return text;
}

/** Nothing is ever asked of these routes. */
const noCompilers: object = { buildValidator: () => () => () => true, buildSerializer: () => () => () => '' };
