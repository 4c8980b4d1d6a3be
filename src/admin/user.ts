import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { Problem, page, queryText, seeOther, sendAgain, sendPage } from '../http/http.ts';
import type { Site } from '../pages/pages.ts';
import type { Admin, Administrator, UserOverview } from './admin.ts';
import { linkPage, userPage } from './user-page.ts';

interface Parts {
  admin: Admin;
  site: Site;
}

const url = '/admin/users/:id';
const params = z.strictObject({ id: z.string().max(64) });

/** One user, and what an administrator can do for or against them: each a form of its own, and then this page again. */
export function userPages(app: FastifyInstance, { admin, site }: Parts): void {
  const mustSee = async (id: string): Promise<UserOverview> => {
    const overview = await admin.overview(id);
    if (!overview) throw new Problem('not_found', { detail: 'There is no user of that id.' });
    return overview;
  };

  page(app, {
    method: 'GET',
    url,
    access: 'administrator',
    params,
    query: z.looseObject({ done: queryText }),
    async handle({ session, params, query, reply }) {
      const overview = await mustSee(params.id);
      const own = session.userId === params.id;
      return sendPage(reply, 200, userPage({ site, person: session, overview, own, done: query.done }));
    },
  });

  for (const [verb, run] of Object.entries(simpleVerbs)) {
    page(app, {
      method: 'POST',
      url: `${url}/${verb}`,
      access: 'administrator',
      params,
      back: url,
      async handle({ session, params, client, reply }) {
        const done = await run(admin, { session, address: client.address }, params.id);
        return seeOther(reply, `/admin/users/${params.id}?done=${done}`);
      },
    });
  }

  page(app, {
    method: 'POST',
    url: `${url}/rename`,
    access: 'administrator',
    params,
    back: url,
    body: z.strictObject({ name: z.string().max(256) }),
    async handle({ session, params, body, client, reply }) {
      try {
        await admin.change({ session, address: client.address }, params.id, { name: body.name });
        return seeOther(reply, `/admin/users/${params.id}?done=renamed`);
      } catch (error) {
        return sendAgain(reply, error, async (said) => {
          const overview = await mustSee(params.id);
          const own = session.userId === params.id;
          return userPage({ site, person: session, overview, own, typedName: body.name, error: said });
        });
      }
    },
  });

  page(app, {
    method: 'POST',
    url: `${url}/password-link`,
    access: 'administrator',
    params,
    back: url,
    async handle({ session, params, client, reply }) {
      const before = await admin.overview(params.id);
      const { user, link } = await admin.newPasswordLink({ session, address: client.address }, params.id);
      const made = before?.passwordSet ? 'new password' : 'password';
      const secondFactor = before !== undefined && (before.authenticator !== 'none' || before.passkeys > 0);
      return sendPage(reply, 200, linkPage({ site, person: session, user, link, made, secondFactor }));
    },
  });

  page(app, {
    method: 'POST',
    url: `${url}/delete`,
    access: 'administrator',
    params,
    back: url,
    async handle({ session, params, client, reply }) {
      await admin.remove({ session, address: client.address }, params.id);
      return seeOther(reply, '/admin/users?done=deleted');
    },
  });
}

/** What is done by a press of one button: each answers the word of the notice. */
const simpleVerbs: Record<string, (admin: Admin, actor: Administrator, userId: string) => Promise<string>> = {
  async disable(admin, actor, userId) {
    await admin.change(actor, userId, { disabled: true });
    return 'disabled';
  },
  async enable(admin, actor, userId) {
    await admin.change(actor, userId, { disabled: false });
    return 'enabled';
  },
  async 'make-administrator'(admin, actor, userId) {
    await admin.change(actor, userId, { administrator: true });
    return 'administrator-made';
  },
  async 'take-administrator'(admin, actor, userId) {
    await admin.change(actor, userId, { administrator: false });
    return 'administrator-taken';
  },
  async 'end-sessions'(admin, actor, userId) {
    await admin.endSessions(actor, userId);
    return 'sessions-ended';
  },
  async 'reset-second-factors'(admin, actor, userId) {
    const { passwordLeft } = await admin.resetSecondFactors(actor, userId);
    return passwordLeft ? 'second-factors-reset' : 'no-way-in';
  },
};
