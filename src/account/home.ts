import type { FastifyInstance } from 'fastify';
import { page, seeOther, sendPage } from '../http/http.ts';
import { offerSignIn } from '../sign-in/sign-in.ts';
import { type OverviewParts, sendOverview } from './overview.ts';

/** The first page, under both addresses that the original had, in place: the account, or signing in to it. */
export function homeRoutes(app: FastifyInstance, parts: OverviewParts): void {
  for (const url of ['/', '/static/index.html']) {
    page(app, {
      method: 'GET',
      url,
      access: 'anyone',
      async handle({ cookies, now, reply }) {
        const { signIn } = parts;
        const session = cookies.session === undefined ? undefined : await signIn.findSession(cookies.session, now);
        if (!session) return sendPage(reply, 200, await offerSignIn(parts, { cookies, now }));
        if (session.level !== 'full') return seeOther(reply, '/account');
        return sendOverview({ session, now, reply }, parts);
      },
    });
  }
}
