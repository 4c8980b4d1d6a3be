import assert from 'node:assert/strict';
import { second } from '../../src/clock.ts';
import type { Limits } from '../../src/throttle/throttle.ts';
import { period } from '../../src/totp/code.ts';
import type { World } from '../server.ts';
import { dump } from '../tables.ts';
import type { Network } from './budgets-model.ts';
import { Model } from './model.ts';
import { type Account, type Browser, type Code, type From, type Session, stands } from './model-rules.ts';
import { PasskeyActs } from './perform-passkeys.ts';
import { networksOf, pick } from './places.ts';
import type { Act, Answered, Guess, Typed, Word } from './plays.ts';
import { numberOf, operateOn, outcomeOf, passwordOf, Stage } from './stage.ts';
import { enter, type Starting } from './starting.ts';
import { codeOf } from './typing.ts';
import { promised, requestFor } from './wishes.ts';

interface Given {
  people: readonly Starting[];
  limits: Limits;
  /** Which play this is; each has networks of its own. */
  play: number;
  /** How often each outcome has come, in all plays. */
  seen: Map<string, number>;
}

/** What a device answers where no code is asked for. */
const inPlaceOf: Partial<Record<Typed, Answered>> = {
  again: 'again',
  after: 'unverified',
  'too late': 'late',
  wrong: 'of somebody else',
};

/** One play: everything is done in the model and on the service, and what comes of it must be the same. */
export class Performance {
  readonly #model: Model;
  readonly #stage: Stage;
  readonly #passkeys: PasskeyActs;
  readonly #world: World;
  readonly #people: { account: Account; id: string; sets: number[] }[];
  readonly #networks: Network[];
  readonly #browsers: Browser[];
  readonly #sessions: Session[] = [];
  readonly #seen: Map<string, number>;

  constructor(world: World, { people, limits, play, seen }: Given) {
    this.#world = world;
    this.#seen = seen;
    this.#networks = networksOf(play);
    // Two behind the address that attackers have too, and one that is an attacker's own.
    this.#browsers = [0, 0, 1].map((at, index) => ({
      name: `browser ${index}`,
      network: pick(this.#networks, at),
      keeps: [],
    }));
    this.#model = new Model(limits);
    this.#stage = new Stage(world);
    this.#passkeys = new PasskeyActs({
      model: this.#model,
      stage: this.#stage,
      world,
      compare: (...what) => this.#compare(...what),
      keepCodes: (account, codes) => this.#keepCodes(account, codes),
      see: (what) => this.#see(what),
    });
    const beginning = { model: this.#model, stage: this.#stage, passkeys: this.#passkeys };
    this.#people = people.map((each) => enter(each, beginning, { network: pick(this.#networks, 0), now: world.now() }));
  }

  async perform(act: Act): Promise<void> {
    switch (act.do) {
      case 'sign in':
        return void (await this.#signIn(act.who, this.#from(act.at), act.password, act.code));
      case 'guess':
        return this.#guess(act);
      case 'finish':
        return void (await this.#finish(pick(this.#browsers, act.browser), act.code));
      case 'use passkey':
        return void (await this.#passkeys.signIn(this.#who(act.who).account, this.#from(act.at), act.answer));
      case 'forge passkey':
        return this.#passkeys.forge(this.#who(act.who).account, this.#from(act.at), act.times);
      case 'finish by passkey':
        return void (await this.#passkeys.finish(pick(this.#browsers, act.browser), act.answer));
      case 'leave':
        return this.#leave(pick(this.#browsers, act.browser));
      case 'ask':
        return this.#ask(this.#session(act.session), act);
      case 'ask about passkeys':
        return this.#passkeys.ask(this.#session(act.session), act);
      case 'operate':
        return this.#operate(act);
      case 'wait':
        return this.#world.turn(act.ms);
      case 'restart':
        return this.#world.restart();
    }
  }

  /** Programs at each network, and the browsers. */
  #from(at: number): From {
    const places: From[] = [
      ...this.#networks.map((network) => ({ network })),
      ...this.#browsers.map((browser) => ({ network: browser.network, browser })),
    ];
    return pick(places, at);
  }

  /** Somebody, or a name that nobody has. */
  #who(who: number): { name: string; account: Account | undefined } {
    const account = [...this.#model.accounts, undefined][who % (this.#model.accounts.length + 1)];
    return { name: account?.name ?? 'nobody', account };
  }

  /** Answers what came of it; in a browser the code follows where one is wanted, or the passkey. */
  async #signIn(who: number, from: From, word: Word, typed: Typed): Promise<string> {
    // No two sign-ins are of the same millisecond, so that it is plain which came first.
    this.#world.turn(1);
    const { name, account } = this.#who(who);
    const password = numberOf(account, word);
    const code = from.browser ? undefined : this.#code(account, typed);
    const expected = this.#model.signIn(name, password, code, from, this.#world.now());
    const { outcome, token } = await this.#stage.signIn(name, passwordOf(password), code, from);
    this.#compare(expected, outcome, token, account);
    if (outcome !== 'code wanted' || !from.browser || typed === 'nothing') return outcome;
    if (account?.bound || typed.endsWith('recovery')) return this.#finish(from.browser, typed);
    return this.#passkeys.finish(from.browser, inPlaceOf[typed] ?? 'right');
  }

  async #guess({ who, at, what, times, patient, everywhere }: Guess): Promise<void> {
    const word = what === 'code' ? 'right' : 'wrong';
    for (let tries = 0; tries < times; tries += 1) {
      const from = everywhere ? { network: pick(this.#networks, at + tries) } : this.#from(at);
      const outcome = await this.#signIn(who, from, word, 'wrong');
      if (patient && outcome.startsWith('wait')) this.#world.turn(Number(outcome.slice('wait '.length)) * second);
    }
  }

  async #finish(browser: Browser, typed: Typed): Promise<string> {
    const account = browser.half?.account;
    const code = this.#code(account, typed) ?? 'wrong';
    const expected = this.#model.finishHalf(browser, code, this.#world.now());
    const { outcome, token } = await this.#stage.finish(browser, code);
    this.#compare(expected, outcome, token, account);
    return outcome;
  }

  async #leave(browser: Browser): Promise<void> {
    const { session, half } = browser;
    if (session) session.account.sessions = session.account.sessions.filter((each) => each !== session);
    if (half) half.account.halves = half.account.halves.filter((each) => each !== half);
    Object.assign(browser, { session: undefined, half: undefined });
    this.#compare(['signed out'], await this.#stage.signOut(browser));
  }

  async #operate({ who, what }: Act & { do: 'operate' }): Promise<void> {
    const { account, id } = pick(this.#people, who);
    this.#model.operate(account, what);
    await operateOn(this.#world, id, what);
  }

  /** A session that was made some time, whether it lasts or not; the newest ones first. */
  #session(which: number): Session | undefined {
    return this.#sessions.length > 0 ? pick(this.#sessions.toReversed(), which) : undefined;
  }

  async #ask(session: Session | undefined, { what, password: word, code: typed }: Act & { do: 'ask' }): Promise<void> {
    if (!session) return;
    const { account } = session;
    // The first password is set without an old one.
    const isFirst = what === 'change password' && account.password === 0 && word === 'right';
    const password = isFirst ? undefined : numberOf(account, word);
    const secret =
      what === 'enable with code' ? (session.pending?.secret ?? account.bound?.secret) : account.bound?.secret;
    const code = this.#code(account, typed, secret);
    const sent = {
      current: password === undefined ? undefined : passwordOf(password),
      next: passwordOf(account.password + 1),
      code: code && this.#stage.text(code),
    };
    const expected = promised(this.#model, what, session, { password, code }, this.#world.now());
    const answer = await this.#stage.ask(session, ...requestFor(what, sent));
    this.#compare(expected, outcomeOf(answer));
    const shown = session.pending?.secret ?? account.bound?.secret;
    if (answer.status === 200 && what === 'generate' && shown) this.#stage.learn(shown.id, answer);
    this.#keepCodes(account, answer.body.recovery_codes);
  }

  #keepCodes(account: Account, recoveryCodes: string[] | undefined): void {
    if (!recoveryCodes || !account.codes) return;
    this.#stage.sets.set(account.codes.set, recoveryCodes);
    this.#people.find((each) => each.account === account)?.sets.push(account.codes.set);
  }

  #code(account: Account | undefined, typed: Typed, secret = account?.bound?.secret): Code {
    const [firstSet] = this.#people.find((each) => each.account === account)?.sets ?? [];
    return codeOf(account, typed, { secret, firstSet, now: this.#world.now() });
  }

  /** The service must answer what the model does; a session that both have made is kept with its token. */
  #compare(expected: string[], outcome: string, token?: string, account?: Account): void {
    this.#see(outcome.startsWith('wait') ? 'wait …' : outcome);
    assert.ok(expected.includes(outcome), `expected ${expected.join(' or ')}, and it was ${outcome}`);
    const session = outcome.startsWith('in') ? account?.sessions.at(-1) : undefined;
    if (!session || token === undefined) return;
    this.#sessions.push(session);
    this.#stage.tokens.set(session, token);
  }

  #see(what: string): void {
    this.#seen.set(what, (this.#seen.get(what) ?? 0) + 1);
  }

  /** Every token ever made, and every passkey, opens what it should, and nothing else; and owners get in. */
  async end(): Promise<void> {
    for (const session of this.#sessions) {
      const expected = stands(session, this.#world.now()) ? '200' : '401 unauthenticated';
      const outcome = outcomeOf(await this.#stage.ask(session, 'GET', '/me'));
      assert.equal(outcome, expected, `in the end, session ${this.#sessions.indexOf(session)}`);
    }
    const { browsers = [] } = dump(this.#world);
    for (const { account, id } of this.#people) {
      const stored = browsers.filter((row) => row['user_id'] === id);
      assert.equal(stored.length, account.browsers.length, `in the end, browsers that know ${account.name}`);
    }
    for (const browser of this.#browsers)
      for (const { account } of this.#people) await this.#ownersGetIn(account, browser);
    for (const { account } of this.#people) await this.#passkeys.end(account, this.#from(0));
  }

  /** Whoever fails without pause beside it, the owner signs in at once in a browser that the account knows. */
  async #ownersGetIn(account: Account, browser: Browser): Promise<void> {
    this.#world.turn(period);
    const now = this.#world.now();
    const from = { network: browser.network, browser };
    const known = this.#model.knownAs(from, account, now);
    const { bound } = account;
    if (account.password === 0 || known === undefined || !this.#model.budgets.isClean(known)) return;
    if (bound && (!bound.secret.seen || this.#model.budgets.isOff(bound.secret.id))) return;
    const who = this.#model.accounts.indexOf(account);
    for (let tries = 0; tries < 7; tries += 1)
      await this.#signIn(who, { network: browser.network }, 'wrong', 'nothing');
    const outcome = await this.#signIn(who, from, 'right', 'now');
    assert.match(outcome, /^in, /, `${account.name} is locked out of ${browser.name}, which knows him`);
  }
}
