/** Pages of others that post to ours, from the browser of an administrator who is signed in: nothing changes. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { inputs } from '../inputs.ts';
import { registeredRoutes } from '../routes.ts';
import { makePerson, makePersonWithCode } from '../server.ts';
import { dump } from '../tables.ts';
import { enter, type Hand, openPlace, type Place, signIn } from './steps.ts';

let place: Place;
let hand: Hand;
/** What has been answered to a write: more than a browser tells the page that asked. */
let answers: { path: string; status: number; cookie: unknown }[] = [];
/** What each form of ours takes, filled in so that it would do something. */
let forms: { url: string; fields: Record<string, string> }[];

/** Another origin, which serves whatever a test has it serve. */
let page = '';
const others = createServer((_request, reply) => reply.setHeader('content-type', 'text/html').end(page));

before(async () => {
  place = await openPlace({
    prepare: ({ server }) =>
      server.addHook('onResponse', async ({ method, url: path }, reply) => {
        if (method !== 'POST') return;
        answers.push({ path, status: reply.statusCode, cookie: reply.getHeader('set-cookie') });
      }),
  });
  const root = await makePersonWithCode(place.world, 'root', true);
  const alice = await makePerson(place.world, 'alice');
  const { link = '' } = await place.world.server.users.create({ name: 'ivy' });
  const { password } = alice;
  const token = new URL(link).searchParams.get('token') ?? '';
  const known: Record<string, string> = { token, current: password, password, username: alice.name };
  const routes = await registeredRoutes();
  forms = routes
    .filter(({ method, page }) => method === 'POST' && page)
    .map(({ url }) => {
      const members = Object.entries(inputs.find((input) => input.url === url)?.members ?? {});
      return {
        url: url.replace(':id', alice.id),
        fields: Object.fromEntries(members.map(([name, value]) => [name, known[name] ?? String(value)])),
      };
    });
  await new Promise<void>((resolve) => others.listen(0, '127.0.0.1', resolve));
  hand = await enter(place);
  await signIn(place, hand, root);
});

after(async () => {
  others.close();
  others.closeAllConnections();
  await place?.close();
});

const ways: Record<string, (url: string, fields: Record<string, string>) => string> = {
  'a form, urlencoded': (url, fields) => form(url, fields, 'application/x-www-form-urlencoded'),
  'a form, text/plain': (url, fields) => form(url, fields, 'text/plain'),
  'a form, multipart': (url, fields) => form(url, fields, 'multipart/form-data'),
  'a form in a sandbox, without an origin': (url, fields) =>
    `<iframe sandbox="allow-forms allow-scripts" srcdoc="${escapeHtml(form(url, fields, 'application/x-www-form-urlencoded'))}"></iframe>`,
  'fetch, no-cors': (url, fields) =>
    `<script>fetch("${url}", { method: "POST", mode: "no-cors", credentials: "include", body: new URLSearchParams(${JSON.stringify(fields)}) }).catch(() => {})</script>`,
};

for (const [where, host] of [
  ['another site', 'localhost'],
  ['another port of the same site', '127.0.0.1'],
] as const) {
  for (const [way, attack] of Object.entries(ways)) {
    test(`${way}, on ${where}, changes nothing`, async () => {
      assert.ok(forms.length > 20, 'every form of the portal');
      const before = dump(place.world);
      const tab = await hand.page.context().newPage();
      answers = [];
      page = forms.map(({ url, fields }) => attack(place.origin + url, fields)).join('\n');
      await tab.goto(`http://${host}:${(others.address() as AddressInfo).port}/`);
      for (let tries = 0; tries < 500 && answers.length < forms.length; tries += 1) await tab.waitForTimeout(20);
      const wanted = forms.map(({ url }) => ({ path: url, status: 403, cookie: undefined }));
      assert.deepEqual(answers.toSorted(byPath), wanted.toSorted(byPath));
      await tab.close();
      assert.deepEqual(dump(place.world), before);
      await hand.open('/account');
      await hand.at('Your account');
    });
  }
}

function byPath(one: { path: string }, other: { path: string }): number {
  return one.path.localeCompare(other.path);
}

/** A form that sends itself, into a frame of its own so that many can. */
function form(url: string, fields: Record<string, string>, type: string): string {
  const inputs = Object.entries(fields).map(
    ([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`,
  );
  const id = url.replace(/\W/g, '');
  return `<iframe name="${id}"></iframe><form id="f${id}" target="${id}" method="post" action="${url}" enctype="${type}">${inputs.join('')}</form><script>document.getElementById("f${id}").submit()</script>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}
