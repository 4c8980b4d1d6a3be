import type { Answer, World } from './server.ts';
import { type Cookie, cookieJar } from './visitor/cookies.ts';
import { type Choice, chooseForm, fillIn, type Values } from './visitor/filling.ts';
import { type Page, readPage } from './visitor/page.ts';

/**
 * A person with a browser that runs no scripts. Requests go through the front door of a world, with the headers and
 * cookies that a browser sends; redirects are followed as long as they stay on our own host.
 *
 * `const visitor = visit(world); await visitor.open('/account'); await visitor.submit({ username: 'alice', password });`
 */
export interface Visitor {
  /** Where the visitor is: the path alone, and with its query. */
  readonly path: string;
  readonly url: string;
  /** The last answer. */
  readonly status: number;
  readonly headers: Answer['headers'];
  readonly text: string;
  /** What it shows; throws if it is no page, or one that is not well-formed. */
  readonly page: Page;
  /** The redirects that led here from the last thing done, the first first. */
  readonly hops: readonly Hop[];
  /** What the browser keeps now. */
  readonly cookies: readonly Cookie[];
  /** Opens an address of ours, as a link on one of our pages does. */
  open(url: string): Promise<Visitor>;
  /** Follows the one link of these words, or to this address. */
  follow(link: string | RegExp): Promise<Visitor>;
  /**
   * Fills in a form of the page and sends it: the one in `<main>`, or the one chosen. Where several remain, the one
   * that has all the fields. Throws when there is no such form, when a field is not there or cannot be filled in, and
   * when it is not plain which form is meant.
   */
  submit(values?: Values, choice?: Choice): Promise<Visitor>;
  /** Posts fields that no page need have offered, from our own page and with the browser's cookies. */
  post(url: string, fields: Record<string, string>): Promise<Visitor>;
}

export interface Hop {
  status: number;
  from: string;
  to: string;
}

const longestChase = 10;

/** A browser of its own. `from` is the address that it comes from. */
export function visit(world: World, browser: { from?: string; userAgent?: string } = {}): Visitor {
  const jar = cookieJar();
  const origin = (): string => new URL(world.server.service.publicUrl()).origin;
  let at = new URL('/', origin());
  let answer: Answer | undefined;
  let read: Page | undefined;
  let hops: Hop[] = [];

  const ask = async (target: URL, fields?: URLSearchParams): Promise<void> => {
    const cookie = jar.header(target.pathname, world.now());
    answer = await world.call(fields ? 'POST' : 'GET', target.pathname + target.search, {
      headers: {
        ...navigation,
        host: target.host,
        'user-agent': browser.userAgent ?? 'Visitor/1.0',
        ...(cookie ? { cookie } : {}),
        ...(fields ? { origin: target.origin, 'content-type': 'application/x-www-form-urlencoded' } : {}),
      },
      ...(fields ? { payload: fields.toString() } : {}),
      ...(browser.from ? { from: browser.from } : {}),
    });
    for (const line of [answer.headers['set-cookie'] ?? []].flat()) jar.keep(String(line), world.now());
    at = target;
    read = undefined;
  };

  /** Asks, and goes where a 303 leads. */
  const go = async (target: URL, fields?: URLSearchParams): Promise<Visitor> => {
    hops = [];
    await ask(target, fields);
    while (answer && answer.status >= 300 && answer.status < 400) {
      const { status, headers } = answer;
      const next = new URL(String(headers['location'] ?? ''), at);
      hops.push({ status, from: at.href, to: next.href });
      if (next.origin !== origin()) throw new Error(`${at.pathname} leads to another host: ${next.href}`);
      if (status !== 303) throw new Error(`${at.pathname} redirects by ${status}; our pages do so by 303`);
      if (hops.length > longestChase) throw new Error(`${at.pathname} redirects without end: ${next.pathname}`);
      await ask(next);
    }
    return visitor;
  };

  const last = (): Answer => {
    if (!answer) throw new Error('The visitor has opened nothing yet');
    return answer;
  };

  const visitor: Visitor = {
    get path() {
      return at.pathname;
    },
    get url() {
      return at.pathname + at.search;
    },
    get status() {
      return last().status;
    },
    get headers() {
      return last().headers;
    },
    get text() {
      return last().text;
    },
    get page() {
      const type = String(last().headers['content-type']);
      if (!type.startsWith('text/html')) throw new Error(`${at.pathname} answers no page but ${type}`);
      read ??= readPage(last().text);
      return read;
    },
    get hops() {
      return hops;
    },
    get cookies() {
      return jar.all(world.now());
    },
    open: async (url) => go(ours(new URL(url, origin()), origin())),
    follow: async (link) => go(ours(new URL(linkOf(visitor.page, link), at), origin())),
    async submit(values = {}, choice = {}) {
      const [form, button] = chooseForm(visitor.page.forms, values, choice);
      const target = ours(new URL(button.action ?? form.action, at), origin());
      const sent = new URLSearchParams(fillIn(form, button, values));
      if (form.method === 'POST') return go(target, sent);
      target.search = sent.toString();
      return go(target);
    },
    post: async (url, fields) => go(ours(new URL(url, origin()), origin()), new URLSearchParams(fields)),
  };
  return visitor;
}

/** What a browser says when a link or a form of our own page takes it somewhere. */
const navigation = {
  accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
  'accept-language': 'en',
  'sec-fetch-dest': 'document',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-site': 'same-origin',
  'sec-fetch-user': '?1',
};

function ours(target: URL, origin: string): URL {
  if (target.origin !== origin) throw new Error(`${target.href} is on another host`);
  return target;
}

function linkOf(page: Page, wanted: string | RegExp): string {
  const fits = (text: string): boolean => (typeof wanted === 'string' ? text === wanted : wanted.test(text));
  const found = new Set(page.links.filter(({ text, href }) => fits(text) || fits(href)).map(({ href }) => href));
  const [href] = found;
  if (href === undefined || found.size > 1) {
    const all = page.links.map((link) => `${link.text} (${link.href})`).join(', ');
    throw new Error(`${found.size} links are meant by ${wanted}. The page has ${all}`);
  }
  return href;
}
