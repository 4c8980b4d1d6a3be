import assert from 'node:assert/strict';
import { quickHash } from '../quick-hash.ts';
import { type Answer, inWorld, makePersonWithCode, type Person, signIn, type World } from '../server.ts';

/** An administrator who is signed in, at the API and at the pages of administration, with a browser without a script. */

export interface Office {
  root: Person;
  token: string;
  /** A request to the API, below /users. */
  users(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path?: string, body?: object): Promise<Answer>;
  /** A page, below /admin. */
  open(path: string): Promise<Answer>;
  /** A form, below /admin. */
  send(path: string, form?: Record<string, string>): Promise<Answer>;
}

/** A world with an administrator who is signed in. */
export const inOffice = (story: (world: World, office: Office) => Promise<void>): Promise<void> =>
  inWorld(
    async (world) => {
      const root = await makePersonWithCode(world, 'root', true);
      await story(world, await officeOf(world, root));
    },
    {},
    { argon2: quickHash },
  );

export async function officeOf(world: World, root: Person): Promise<Office> {
  const token = await signIn(world, root);
  const headers = { cookie: `countersign=${token}`, accept: 'text/html' };
  return {
    root,
    token,
    users: (method, path = '', body) => world.call(method, `/users${path}`, { token, ...(body ? { body } : {}) }),
    open: (path) => world.call('GET', `/admin${path}`, { headers }),
    send: (path, form = {}) => world.call('POST', `/admin${path}`, { headers, form }),
  };
}

/** The words of a page’s `<main>`, as one line. */
export function words({ text }: Answer): string {
  const [, main = ''] = /<main id="main">(.*)<\/main>/s.exec(text) ?? [];
  return main
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

/** What the forms of a page post to, below /admin. */
export const actions = ({ text }: Answer): string[] =>
  [...text.matchAll(/<form method="post" action="\/admin([^"]+)"/g)].map(([, action = '']) => action);

export const names = ({ text }: Answer): string[] =>
  [...text.matchAll(/<th scope="row"><a href="[^"]+">([^<]+)</g)].map(([, name = '']) => name);

/** Asserts that a form has done its work and leads to a page with this notice; answers the page. */
export async function assertDone(office: Office, answer: Answer, path: string, said: RegExp): Promise<Answer> {
  assert.deepEqual([answer.status, answer.text], [303, '']);
  const location = String(answer.headers['location']);
  assert.equal(location.split('?')[0], `/admin${path}`);
  const page = await office.open(location.slice('/admin'.length));
  const [, notice = ''] = /<p role="status">([^<]+)</.exec(page.text) ?? [];
  assert.match(notice, said);
  return page;
}
