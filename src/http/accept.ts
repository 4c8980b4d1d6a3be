import type { FastifyRequest } from 'fastify';
import Negotiator from 'negotiator';

/** Which of these media types a request would rather have, by its Accept header (RFC 9110, 12.5.1); nothing where none. */
export function bestType<T extends string>({ headers }: FastifyRequest, types: readonly T[]): T | undefined {
  const best = new Negotiator({ headers }).mediaType([...types]);
  return types.find((type) => type === best);
}
