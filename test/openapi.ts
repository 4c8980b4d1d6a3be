import type { World } from './server.ts';

/** The parts of our own OpenAPI document that tests look at. */
export interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
  tags: { name: string }[];
}

export interface Operation {
  operationId: string;
  summary: string;
  tags: string[];
  security: Record<string, string[]>[];
  parameters?: { name: string; in: string; schema: Schema }[];
  requestBody?: { required?: boolean; content: Record<string, Media> };
  responses: Record<string, { description: string; content?: Record<string, Media> }>;
}

export interface Media {
  schema?: Schema;
  example?: unknown;
  examples?: Record<string, { value: { code: string; status: number } }>;
}

export type Schema = Record<string, unknown>;

export async function readDocument(world: World): Promise<Document> {
  return JSON.parse((await world.call('GET', '/openapi.json')).text);
}

/** Every operation with its method and its address, in Fastify's spelling. */
export function operationsOf({ paths }: Document): (Operation & { method: string; url: string })[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      return { ...operation, method: method.toUpperCase(), url: path.replace(/\{(\w+)\}/g, ':$1') };
    }),
  );
}

/** The problems that an answer's examples name. */
export function problemsIn(media: Media | undefined): string[] {
  return Object.values(media?.examples ?? {}).map(({ value }) => value.code);
}
