import assert from 'node:assert/strict';
import { decodeBase32 } from '../../src/base32.ts';
import { refusals } from '../../src/passkeys/refusals.ts';
import { type Answer, codeAt, type World } from '../server.ts';
import { type CookieJar, cookieJar } from '../visitor/cookies.ts';
import type { Account, Browser, Code, From, Session } from './model-rules.ts';
import type { Operation, Word } from './plays.ts';

/** The first is the one that everybody of our stories begins with. */
export const passwordOf = (number: number): string =>
  number === 0 ? 'nobody ever had this one' : `correct horse battery staple${' again'.repeat(number - 1)}`;

/** The number of the password that somebody types; nobody has number 0. */
export function numberOf(account: Account | undefined, word: Word): number {
  const { password } = account ?? { password: 1 };
  return { right: password, wrong: 0, old: Math.max(0, password - 1) }[word];
}

/** The service itself, asked for what the model is asked for: what stands for digits and tokens there is looked up here. */
export class Stage {
  readonly tokens = new Map<Session, string>();
  /** The bytes of secrets and the texts of recovery codes, by the numbers that the model gives them. */
  readonly secrets = new Map<number, Buffer>();
  readonly sets = new Map<number, string[]>();
  readonly #jars = new Map<Browser, CookieJar>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Signs in over the API, or in a browser on our page; answers what came of it and the token where there is one. */
  async signIn(name: string, password: string, code: Code, from: From): Promise<{ outcome: string; token?: string }> {
    if (from.browser) return this.send(from.browser, '/sign-in', { username: name, password });
    const body = code === undefined ? {} : this.text(code);
    const answer = await this.call('POST', '/auth/credentials', from, { basic: `${name}:${password}`, body });
    const { status, token, enrolling } = answer.body;
    if (answer.status === 200) return { outcome: `in, ${enrolling ? 'enrolling' : 'full'}`, token };
    const said = answer.status === 401 ? ['', 'code wanted', 'wrong code', 'wrong'][status] : undefined;
    return { outcome: said ?? outcomeOf(answer) };
  }

  /** Types a code into the page that asks for one. */
  async finish(browser: Browser, code: Code): Promise<{ outcome: string; token?: string }> {
    const typed = this.text(code ?? 'wrong');
    return this.send(browser, 'otp' in typed ? '/sign-in/code' : '/sign-in/recovery-code', typed);
  }

  async signOut(browser: Browser): Promise<string> {
    return (await this.send(browser, '/sign-out', {})).outcome;
  }

  /** Asks for something with the token of a session, from where it was made. */
  async ask(session: Session, method: Method, url: string, body?: object): Promise<Answer> {
    const token = this.tokens.get(session) ?? 'csn_none';
    const accept = url === '/auth/otp/generate' ? { accept: 'application/json' } : {};
    const answer = await this.call(method, url, session.from, { token, headers: accept, ...(body ? { body } : {}) });
    const { browser } = session.from;
    if (url === '/auth/reauthenticate' && answer.status === 200) {
      this.tokens.set(session, answer.body.token);
      if (browser?.session === session)
        this.#jar(browser).keep(`countersign=${answer.body.token}; Path=/; Max-Age=86400`, this.#world.now());
    }
    return answer;
  }

  /** Keeps the secret that a QR code shows: one is shown the same each time, and another is another. */
  learn(id: number, { body }: Answer): void {
    const bytes = Buffer.from(decodeBase32(body.secret) ?? []);
    for (const [each, other] of this.secrets)
      assert.equal(other.equals(bytes), each === id, `secret ${id} against secret ${each}`);
    this.secrets.set(id, bytes);
  }

  /** What somebody types who has, or has not, what the code is made of. */
  text(code: NonNullable<Code>): { otp: string } | { recovery_code: string } {
    if (code === 'wrong') return { otp: this.#wrong() };
    if ('set' in code) return { recovery_code: this.sets.get(code.set)?.[code.index] ?? 'AAAA-BBBB' };
    const secret = this.secrets.get(code.secret);
    return { otp: secret ? codeAt(secret, code.step * 30_000) : this.#wrong() };
  }

  /** Six digits that nobody's authenticator shows around now. */
  #wrong(): string {
    const near = [-2, -1, 0, 1, 2].map((steps) => this.#world.now() + steps * 30_000);
    const shown = new Set([...this.secrets.values()].flatMap((secret) => near.map((at) => codeAt(secret, at))));
    return (
      Array.from({ length: shown.size + 1 }, (_, at) => String(at).padStart(6, '0')).find((each) => !shown.has(each)) ??
      ''
    );
  }

  /** A page that a browser opens, with its cookies. */
  async open(browser: Browser, url: string): Promise<Answer> {
    return (await this.#visit('GET', url, browser)).answer;
  }

  /** A form that it sends; answers what came of it, and the token of a session where there is one. */
  async send(
    browser: Browser,
    url: string,
    form: Record<string, string>,
  ): Promise<{ outcome: string; token?: string }> {
    const { answer, cookies } = await this.#visit('POST', url, browser, { form });
    const [, token] = /^countersign=(csn_[^;]+)/m.exec(cookies.join('\n')) ?? [];
    const to = String(answer.headers['location']);
    if (token) return { outcome: to.startsWith('/account/authenticator') ? 'in, enrolling' : 'in, full', token };
    if (answer.status === 401) return { outcome: `wrong passkey: ${reasonOn(answer)}` };
    if (answer.status === 422) return { outcome: url === '/sign-in' ? 'wrong' : 'wrong code' };
    return { outcome: outcomeOf(answer) };
  }

  async #visit(method: Method, url: string, browser: Browser, given: Given = {}) {
    const jar = this.#jar(browser);
    const headers = { cookie: jar.header('/', this.#world.now()) };
    const answer = await this.call(method, url, { network: browser.network }, { ...given, headers });
    const cookies = [answer.headers['set-cookie'] ?? []].flat().map(String);
    for (const line of cookies) jar.keep(line, this.#world.now());
    return { answer, cookies };
  }

  /** Any request, from where it is said to come. */
  async call(method: Method, url: string, { network, browser }: From, given: Given) {
    const known =
      browser &&
      this.#jar(browser)
        .all(this.#world.now())
        .find(({ name }) => name === 'countersign-browser');
    const cookie = known ? { cookie: `${known.name}=${known.value}` } : {};
    const headers = { ...cookie, ...given.headers };
    const answer = await this.#world.call(method, url, { ...given, headers, from: network.address });
    // When a session was last seen is noted after the answer: nothing is to overtake that.
    await this.#world.server.service.database.transaction(async () => undefined);
    return answer;
  }

  #jar(browser: Browser): CookieJar {
    const jar = this.#jars.get(browser) ?? cookieJar();
    this.#jars.set(browser, jar);
    return jar;
  }
}

/** What an operator does at the command line. */
export async function operateOn({ server }: World, id: string, what: Operation): Promise<void> {
  const { admin } = server.service;
  if (what === 'reset factors') await admin.resetSecondFactors('operator', id);
  else if (what === 'end all') await admin.endSessions('operator', id);
  else if (what === 'disable' || what === 'enable')
    await admin.change('operator', id, { disabled: what === 'disable' });
  else await admin.change('operator', id, { administrator: what === 'promote' });
}

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

type Given = Parameters<World['call']>[2] & object;

const places: Record<string, string> = {
  '/sign-in/code': 'code wanted',
  '/sign-in/second-passkey': 'passkey wanted',
  '/sign-in?done=signed-out': 'signed out',
};

/** Why a page says that a passkey was refused; some reasons have the same words. */
function reasonOn({ text }: Answer): string | undefined {
  return Object.entries(refusals).find(([, words]) => text.includes(words))?.[0];
}

/** An answer in the words of the model. */
export function outcomeOf({ status, headers, body, text }: Answer): string {
  if (status === 429) return headers['retry-after'] === undefined ? 'off' : `wait ${headers['retry-after']}`;
  if (status === 303) return places[String(headers['location'])] ?? 'begin anew';
  if (body.code === 'passkey_refused' || body.code === 'wrong_passkey') return `wrong passkey: ${body.reason}`;
  return status < 300 ? String(status) : `${status} ${body.code ?? text.slice(0, 200)}`;
}
