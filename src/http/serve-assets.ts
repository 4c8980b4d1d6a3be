import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { type Assets, pageAssets } from '../pages/pages.ts';
import { Problem } from './problems.ts';
import { route } from './route.ts';

/** Serves files that pages load, below `prefix`; anybody may have them. */
export function serveAssets(app: FastifyInstance, prefix: string, assets: () => Assets): void {
  const url = `${prefix}:file`;
  route(app, {
    method: 'GET',
    url,
    access: 'anyone',
    always: true,
    page: url,
    operationId: `asset ${prefix}`,
    summary: 'A file that pages load',
    tag: 'Pages',
    params: z.object({ file: z.string().max(128) }),
    answers: { 200: { description: 'The file' } },
    async handle({ params, request, reply }) {
      const asset = assets().find(prefix + params.file);
      if (!asset) throw new Problem('not_found');
      const { headers, body } = await asset.answer(request.headers['accept-encoding']);
      return reply.headers(headers).send(body);
    },
  });
}

/** Serves what every page of ours loads, and the icon for whatever asks for it without having read a page. */
export function servePageAssets(app: FastifyInstance): void {
  serveAssets(app, '/assets/', () => pageAssets);
  const url = '/favicon.ico';
  route(app, {
    method: 'GET',
    url,
    access: 'anyone',
    always: true,
    page: url,
    operationId: 'favicon',
    summary: 'The icon',
    tag: 'Pages',
    answers: { 200: { description: 'The icon' } },
    async handle({ request, reply }) {
      const icon = pageAssets.find(pageAssets.path('icon.svg'));
      if (!icon) throw new Problem('not_found');
      const { headers, body } = await icon.answer(request.headers['accept-encoding']);
      return reply.headers({ ...headers, 'cache-control': 'public, max-age=86400' }).send(body);
    },
  });
}
