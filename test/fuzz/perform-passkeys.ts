import assert from 'node:assert/strict';
import { minute } from '../../src/clock.ts';
import type { SoftwareAuthenticator } from '../authenticator.ts';
import type { World } from '../server.ts';
import type { Model } from './model.ts';
import * as does from './model-passkeys.ts';
import type { Account, Browser, From, Passkey, Session } from './model-rules.ts';
import type { Answered, PasskeyWish } from './plays.ts';
import type { Stage } from './stage.ts';
import { type Asked, PasskeyStage } from './stage-passkeys.ts';

interface Parts {
  model: Model;
  stage: Stage;
  world: World;
  /** The service must answer what the model does; a session that both have made is kept with its token. */
  compare(expected: string[], outcome: string, token?: string, account?: Account): void;
  /** Keeps the recovery codes that an account has been given. */
  keepCodes(account: Account, codes: string[] | undefined): void;
  /** Notes what has come about. */
  see(what: string): void;
}

/** A passkey that somebody has when a play begins: what holds it, and its id at the service. */
export interface OwnPasskey {
  device: SoftwareAuthenticator;
  id: string;
  counts: boolean;
}

/** The part of a play that is about passkeys. */
export class PasskeyActs {
  readonly #parts: Parts;
  readonly #stage: PasskeyStage;
  /** Every passkey that an account has had. */
  readonly #made = new Map<Account, Passkey[]>();
  readonly #unknown: Passkey = { id: 0, counts: false, used: false };

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#stage = new PasskeyStage(parts.stage, parts.world);
    this.#stage.enterUnknown(this.#unknown);
  }

  /** Somebody has a passkey when the play begins. */
  enter(account: Account, { device, id, counts }: OwnPasskey): void {
    const passkey = { ...this.#next(), counts };
    account.passkeys.push(passkey);
    this.#made.set(account, [passkey]);
    this.#stage.enter(passkey, device, id);
  }

  async signIn(account: Account | undefined, from: From, answered: Answered): Promise<string> {
    const { model, world, compare, see } = this.#parts;
    // No two sign-ins are of the same millisecond, so that it is plain which came first.
    world.turn(1);
    const answer = this.#answer(account, answered);
    const owner = model.accounts.find(({ passkeys }) => passkeys.includes(answer.passkey));
    const asked = await this.#stage.askToSignIn(from);
    compare(['200'], asked.outcome);
    this.#wait(answer);
    const isContested = !model.budgets.gate(model.budgets.passkeys(from.network, undefined), world.now()).open;
    const expected = does.signInByPasskey(model, answer, from, world.now());
    const { outcome, token } = await this.#stage.signIn(from, asked, answer);
    compare(from.browser ? expected.map(asOnPage) : expected, outcome, token, owner);
    if (token) see(isContested ? 'in by passkey beside too many wrong ones' : 'in by passkey');
    return outcome;
  }

  /** Each passkey in force signs in at once, whatever has failed; none does that was removed or whose account is disabled. */
  async end(account: Account, from: From): Promise<void> {
    if (!this.#made.has(account)) return;
    const outcome = await this.signIn(account, from, 'right');
    const isIn = account.passkeys.length > 0 && !account.disabled;
    assert.equal(outcome.startsWith('in, '), isIn, `in the end, the passkey of ${account.name}`);
  }

  /** Sends one wrong answer after another. */
  async forge(account: Account | undefined, from: From, times: number): Promise<void> {
    for (let tries = 0; tries < times; tries += 1) await this.signIn(account, from, 'forged');
  }

  /** Answers the page that asks for a passkey after the password. */
  async finish(browser: Browser, answered: Answered): Promise<string> {
    const { model, world, compare, see } = this.#parts;
    world.turn(1);
    const account = browser.half?.account;
    const answer = this.#answer(account, answered);
    const expected = does.openSecondPasskey(browser, world.now());
    const asked = await this.#stage.askForSecond(browser);
    compare(expected, asked.outcome);
    if (!asked.options) return asked.outcome;
    this.#wait(answer);
    const next = does.finishHalfByPasskey(model, browser, answer, world.now());
    const { outcome, token } = await this.#stage.finish(browser, asked, answer);
    compare(next.map(asOnPage), outcome, token, account);
    if (token) see('in by password and passkey');
    return outcome;
  }

  /** What the holder of a session asks for that is about passkeys. */
  async ask(session: Session | undefined, { what, answer }: { what: PasskeyWish; answer: Answered }): Promise<void> {
    if (!session) return;
    switch (what) {
      case 'add passkey':
        return this.#add(session);
      case 'remove passkey':
      case 'remove passkey for good':
        return this.#remove(session, what === 'remove passkey for good');
      case 'reauthenticate by passkey':
        return this.#reauthenticate(session, answer);
    }
  }

  async #add(session: Session): Promise<void> {
    const { model, world, compare, keepCodes } = this.#parts;
    const { account } = session;
    const passkey = this.#next();
    const before = account.codes;
    const expected = does.addPasskey(model, session, passkey, world.now());
    const { outcome, recoveryCodes } = await this.#stage.add(session, passkey);
    compare(expected, outcome);
    compare([account.codes === before ? 'no new codes' : 'new codes'], recoveryCodes ? 'new codes' : 'no new codes');
    keepCodes(account, recoveryCodes);
    if (account.passkeys.includes(passkey)) this.#made.set(account, [...(this.#made.get(account) ?? []), passkey]);
  }

  async #remove(session: Session, accepts: boolean): Promise<void> {
    const { model, world, compare, see } = this.#parts;
    const [oldest] = session.account.passkeys;
    const expected = does.removePasskey(model, session, accepts, world.now());
    const outcome = await this.#stage.remove(session, oldest, accepts);
    compare(expected, outcome);
    if (outcome === '204') see('passkey removed');
  }

  async #reauthenticate(session: Session, answered: Answered): Promise<void> {
    const { model, world, compare, see } = this.#parts;
    const expected = does.askToReauthenticate(session, world.now());
    const asked: Asked = await this.#stage.askToReauthenticate(session);
    compare(expected, asked.outcome);
    if (!asked.options) return;
    const answer = this.#answer(session.account, answered);
    this.#wait(answer);
    const next = does.reauthenticateByPasskey(model, session, answer, world.now());
    const outcome = await this.#stage.reauthenticate(session, asked, answer);
    compare(next, outcome);
    if (outcome === '200') see('proved again by passkey');
  }

  /** A passkey that somebody may get. Every other device counts. */
  #next(): Passkey {
    const id = this.#parts.model.newId();
    return { id, counts: id % 2 === 0, used: false };
  }

  /** Which passkey answers, and what is wrong with what it says. */
  #answer(account: Account | undefined, answered: Answered): does.PasskeyAnswer {
    const own = account?.passkeys.at(-1) ?? this.#removed(account);
    switch (answered) {
      case 'right':
        return { passkey: own };
      case 'of somebody else':
        return { passkey: this.#somebodyElses(account) };
      case 'removed':
        return { passkey: this.#removed(account) };
      case 'unknown':
        return { passkey: this.#unknown };
      default:
        return { passkey: own, flaw: answered };
    }
  }

  #removed(account: Account | undefined): Passkey {
    const made = (account && this.#made.get(account)) ?? [];
    return made.findLast((each) => !account?.passkeys.includes(each)) ?? this.#unknown;
  }

  #somebodyElses(account: Account | undefined): Passkey {
    const others = this.#parts.model.accounts.filter((each) => each !== account);
    return others.flatMap(({ passkeys }) => passkeys).at(-1) ?? this.#unknown;
  }

  /** A challenge is good for five minutes. */
  #wait({ flaw }: does.PasskeyAnswer): void {
    if (flaw === 'late') this.#parts.world.turn(5 * minute);
  }
}

/** A page has the same words for a passkey that nobody has here and one that is refused. */
function asOnPage(outcome: string): string {
  return outcome.replace('unknown_credential', 'signature');
}
