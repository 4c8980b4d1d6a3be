import type { FastifyInstance } from 'fastify';

export async function prepareDocumentation(_app: FastifyInstance, _parts: { service: string }): Promise<void> {}
export function documentationRoutes(_app: FastifyInstance): void {}
