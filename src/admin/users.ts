import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import type { Database } from '../database/database.ts';
import { page, queryText, sendAgain, sendPage } from '../http/http.ts';
import type { Site } from '../pages/pages.ts';
import { listUsers } from '../users/users.ts';
import type { Admin } from './admin.ts';
import { linkPage } from './user-page.ts';
import { type UsersList, usersPage } from './users-page.ts';

interface Parts {
  database: Database;
  admin: Admin;
  site: Site;
}

const usersOnPage = 50;
const url = '/admin/users';

/** All users, a page at a time; looking for some; and a new one. */
export function usersPages(app: FastifyInstance, { database, admin, site }: Parts): void {
  const list = async (q = '', after = ''): Promise<UsersList> => {
    const found = await listUsers(database.read, { after, limit: usersOnPage, containing: q });
    return { ...found, q, first: after === '' };
  };

  page(app, {
    method: 'GET',
    url,
    access: 'administrator',
    query: z.looseObject({ q: queryText, after: queryText, done: queryText }),
    async handle({ session, query, reply }) {
      const { q, after, done } = query;
      return sendPage(reply, 200, usersPage({ site, person: session, list: await list(q, after), done }));
    },
  });

  page(app, {
    method: 'POST',
    url,
    access: 'administrator',
    body: z.strictObject({ name: z.string().max(256), administrator: z.literal('yes').optional() }),
    async handle({ session, body, client, reply }) {
      const typed = { name: body.name, administrator: body.administrator === 'yes' };
      try {
        const made = await admin.create({ session, address: client.address }, typed);
        if (!made.link) throw new Error('a user without a password has a link');
        return sendPage(
          reply,
          200,
          linkPage({ site, person: session, user: made.user, link: made.link, made: 'user', secondFactor: false }),
        );
      } catch (error) {
        return sendAgain(reply, error, async (said) =>
          usersPage({ site, person: session, list: await list(), typed, error: said }),
        );
      }
    },
  });
}
