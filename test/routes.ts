import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { FastifyInstance } from 'fastify';
import type { Access } from '../src/http/http.ts';
import type { Options } from '../src/options.ts';
import type { Parts } from '../src/service.ts';
import { inWorld } from './server.ts';

/** A route as Fastify has it, which is what counts: not what a list of ours says, and HEAD beside each GET. */
export interface Registered {
  method: string;
  url: string;
  access: Access | undefined;
  page: boolean;
  takesBody: boolean;
}

/** Every route of a server with these options. */
export async function registeredRoutes(options: Partial<Options> = {}, parts: Parts = {}): Promise<Registered[]> {
  const routes: Registered[] = [];
  const listen = (message: unknown): void => {
    const { fastify } = message as { fastify: FastifyInstance };
    fastify.addHook('onRoute', ({ method, url, config, schema }) => {
      const facts = {
        url,
        access: config?.access,
        page: config?.page !== undefined,
        takesBody: schema?.body !== undefined,
      };
      for (const each of [method].flat()) routes.push({ method: each, ...facts });
    });
  };
  subscribe('fastify.initialization', listen);
  try {
    await inWorld(async (world) => void (await world.server.ready()), options, parts);
  } finally {
    unsubscribe('fastify.initialization', listen);
  }
  return routes;
}

/** Cells of the Markdown table that stands first under a heading, its head first; backticks are taken off. */
export function tableUnder(page: string, heading: string): string[][] {
  const [, section = ''] = page.split(`\n## ${heading}\n`);
  const lines = (section.split('\n## ')[0] ?? '').split('\n').filter((line) => /^\|(?!-)/.test(line));
  return lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}
