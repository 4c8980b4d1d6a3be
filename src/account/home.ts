import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { contentPolicy, Problem, route } from '../http/http.ts';
import { pageAssets } from '../pages/pages.ts';
import { homePage } from './home-page.ts';

const policy = contentPolicy({
  'connect-src': "'self'",
  'img-src': "'self' blob:",
  'script-src': "'self'",
  'style-src': "'self'",
});

interface Parts {
  service: string;
  /** Asked at each request: where no public URL is given, it is known only once the server listens. */
  publicUrl: () => string;
}

/** The plain home page, under both addresses that the original had, and the files that every page of ours loads. */
export function homeRoutes(app: FastifyInstance, { service, publicUrl }: Parts): void {
  const places = [
    ['/', 'homePage'],
    ['/static/index.html', 'staticHomePage'],
  ] as const;
  for (const [url, operationId] of places) {
    route(app, {
      method: 'GET',
      url,
      access: 'anyone',
      page: true,
      operationId,
      summary: 'The home page',
      tag: 'Pages',
      // Links to the page may carry anything: it reads none of it.
      query: z.looseObject({}),
      answers: { 200: { description: 'The page' } },
      async handle({ reply }) {
        const page = homePage({ service, publicUrl: publicUrl() });
        return reply.header('content-security-policy', policy).type('text/html; charset=utf-8').send(page);
      },
    });
  }
  assets(app);
}

function assets(app: FastifyInstance): void {
  const answer = async (path: string, acceptEncoding: string | undefined) => {
    const asset = pageAssets.find(path);
    if (!asset) throw new Problem('not_found');
    return asset.answer(acceptEncoding);
  };
  route(app, {
    method: 'GET',
    url: '/assets/:file',
    access: 'anyone',
    page: true,
    operationId: 'pageAsset',
    summary: 'A file that our pages load',
    tag: 'Pages',
    params: z.object({ file: z.string().max(128) }),
    answers: { 200: { description: 'The file' } },
    async handle({ params, request, reply }) {
      const { headers, body } = await answer(`/assets/${params.file}`, request.headers['accept-encoding']);
      return reply.headers(headers).send(body);
    },
  });
  route(app, {
    method: 'GET',
    url: '/favicon.ico',
    access: 'anyone',
    page: true,
    operationId: 'favicon',
    summary: 'The icon, for whatever asks for it without having read a page',
    tag: 'Pages',
    answers: { 200: { description: 'The icon' } },
    async handle({ request, reply }) {
      const { headers, body } = await answer(pageAssets.path('icon.svg'), request.headers['accept-encoding']);
      return reply.headers({ ...headers, 'cache-control': 'public, max-age=86400' }).send(body);
    },
  });
}
